{#- Deletes from the model the rows whose key is no longer in `source`: the half of an incremental build that an insert
    of changed rows cannot do. For post-hooks; give it as text, because a hook called at once is rendered too early.

    Whole registers are compared, by hash: sorted by a text they take two to three times as long. `offset 0`: a delete
    that joins a view works out every column of every row of it. -#}
{% macro delete_vanished(source, key) -%}
    set local enable_mergejoin = off;
    delete from {{ this }} as kept
    where not exists (select 1 from (select {{ key }} from {{ source }} offset 0) as live where live.{{ key }} = kept.{{ key }})
{%- endmacro %}
