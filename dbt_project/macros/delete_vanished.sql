{#- Deletes from the model the rows whose key is no longer in `source`: the half of an incremental build that an insert
    of changed rows cannot do. For post-hooks; give it as text, because a hook called at once is rendered too early. -#}
{% macro delete_vanished(source, key) -%}
    delete from {{ this }} as kept
    where not exists (select 1 from {{ source }} as live where live.{{ key }} = kept.{{ key }})
{%- endmacro %}
