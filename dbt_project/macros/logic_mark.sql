{#- A fingerprint of the model's own text and of the macro texts given: rows built by an older text are rebuilt.

    Incremental models keep it beside each row, so that a changed definition needs no full refresh to take effect.
    A linter that renders the model without dbt knows no `model`. -#}
{% macro logic_mark(texts=[]) -%}
    '{{ local_md5(model.raw_code ~ texts | join(" ")) if model is defined else "logic" }}'
{%- endmacro %}
