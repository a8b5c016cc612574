{#- Statement that removes the rows of parcel_constraint whose parcel, constraint, tolerances or definition changed.

    What remains is still right, because an overlap depends on nothing else; what is missing is computed. -#}
{% macro delete_stale_constraints() -%}
    {%- if is_incremental() -%}
    delete from {{ this }} as done
    where not exists (
        select 1
        from {{ ref('int_parcel_overlayable') }} as parcel
        where parcel.parcel_key = done.parcel_key and parcel.parcel_hash = done.parcel_hash
    )
    or not exists (
        select 1
        from {{ ref('int_constraint_live') }} as live
        where live.constraint_dataset = done.constraint_dataset
            and live.constraint_key = done.constraint_key
            and live.constraint_hash = done.constraint_hash
    )
    or done.overlay_mark <> {{ overlay_mark() }}
    {%- else -%}
    select 1
    {%- endif -%}
{%- endmacro %}
