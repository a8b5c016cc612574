{#- Gathers statistics of the model's table when it has none or has grown by a fifth since; for post-hooks, as text.

    Without them the joins of the next model and of the gate are planned for an empty table; gathering them after every
    small change costs more than the change. That a table is new cannot be told from pg_class: building its indexes has
    already written the number of its rows there. -#}
{% macro analyze_grown() -%}
    do $$
    begin
        if not exists (
            select from pg_stats where schemaname = '{{ this.schema }}' and tablename = '{{ this.identifier }}'
        ) or exists (
            select from pg_class
            where oid = to_regclass('{{ this }}') and pg_relation_size(oid) > 1.2 * greatest(relpages, 1) * 8192
        ) then
            analyze {{ this }};
        end if;
    end
    $$
{%- endmacro %}
