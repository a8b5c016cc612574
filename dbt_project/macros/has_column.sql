{#- Whether the table of an incremental model has a column already. A warehouse built by an older text of the model does
    not have a new one; it is built in full then, and the column is added. False for a linter that renders without dbt. -#}
{% macro has_column(name) -%}
    {{ return(adapter is defined and name in adapter.get_columns_in_relation(this) | map(attribute='name')) }}
{%- endmacro %}
