{#- SHA-256 over the published columns, in the order given: the identity of a version of a row.

    The text form of a row distinguishes null from empty and quotes its separators; it depends on no setting
    but the time zone, which the warehouse fixes to UTC. Leave out what is volatile without being published. -#}
{% macro row_hash(columns) -%}
    sha256(convert_to(row({{ columns | join(', ') }})::text, 'UTF8'))
{%- endmacro %}
