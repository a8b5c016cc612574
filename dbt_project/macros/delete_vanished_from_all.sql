{#- Deletes from the model the rows whose key is in none of `sources` any more: `delete_vanished` for what was put together
    from several. For post-hooks, as text. -#}
{% macro delete_vanished_from_all(sources, key) -%}
    with live as materialized (
    {%- for source in sources %}
        select {{ key }} from {{ source }}{{ " union all" if not loop.last }}
    {%- endfor %}
    )
    delete from {{ this }} as kept
    where not exists (select 1 from live where live.{{ key }} = kept.{{ key }})
{%- endmacro %}
