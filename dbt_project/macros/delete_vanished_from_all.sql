{#- Deletes from the model the rows whose key is in none of `sources` any more: `delete_vanished` for what was put together
    from several. For post-hooks, as text. -#}
{% macro delete_vanished_from_all(sources, key) -%}
    set local enable_mergejoin = off;
    delete from {{ this }} as kept
    where not exists (
        select 1
        from (
        {%- for source in sources %}
            select {{ key }} from {{ source }}{{ " union all" if not loop.last }}
        {%- endfor %}
            offset 0
        ) as live
        where live.{{ key }} = kept.{{ key }}
    )
{%- endmacro %}
