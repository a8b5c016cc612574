{#- Deletes from land_parcel_lineage the rows of parcels that are gone, or that changed and came from nowhere any more: what
    was built of the parcel as it is now bears its change number. For post-hooks, as text. -#}
{% macro delete_outdated_lineage() -%}
    with live as materialized (select parcel_id, change_no from {{ ref('int_parcel_collected') }})
    delete from {{ this }} as kept
    where not exists (
        select 1
        from live
        where live.parcel_id = kept.parcel_id and live.change_no = kept.change_no
    )
{%- endmacro %}
