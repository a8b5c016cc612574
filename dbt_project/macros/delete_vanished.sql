{#- Deletes from the model the rows whose key is no longer in `source`: the half of an incremental build that an insert
    of changed rows cannot do. For post-hooks; give it as text, because a hook called at once is rendered too early.

    The keys are read first: a delete that joins a view works out every column of every row of it. -#}
{% macro delete_vanished(source, key) -%}
    with live as materialized (select {{ key }} from {{ source }})
    delete from {{ this }} as kept
    where not exists (select 1 from live where live.{{ key }} = kept.{{ key }})
{%- endmacro %}
