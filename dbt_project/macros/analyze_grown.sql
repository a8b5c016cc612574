{#- Gathers statistics of the model's table when it is new or has grown by a fifth since; for post-hooks, as text.

    Without them the joins of the next model are planned for an empty table; gathering them after every small change
    costs more than the change. -#}
{% macro analyze_grown() -%}
    do $$
    begin
        if exists (
            select from pg_class
            where
                oid = to_regclass('{{ this }}')
                and (reltuples < 0 or pg_relation_size(oid) > 1.2 * greatest(relpages, 1) * 8192)
        ) then
            analyze {{ this }};
        end if;
    end
    $$
{%- endmacro %}
