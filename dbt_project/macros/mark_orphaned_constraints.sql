{#- Statement that says of every row of parcel_constraint whether its parcel and its constraint are still there.

    Rows that did not change stay from earlier builds: should the journal ever miss a parcel or constraint that went, its
    rows are found here, and held by their rule, instead of being served. -#}
{% macro mark_orphaned_constraints() -%}
    update {{ this }} as done
    set is_parcel_known = found.is_parcel_known, is_constraint_known = found.is_constraint_known
    from (
        select
            stale.ctid as place,
            parcel.parcel_key is not null as is_parcel_known,
            live.constraint_key is not null as is_constraint_known
        from {{ this }} as stale
        left join {{ ref('land_parcel') }} as parcel on stale.parcel_key = parcel.parcel_key
        left join {{ ref('int_constraint_live') }} as live
            on stale.constraint_dataset = live.constraint_dataset and stale.constraint_key = live.constraint_key
    ) as found
    where done.ctid = found.place
        and (done.is_parcel_known, done.is_constraint_known) <> (found.is_parcel_known, found.is_constraint_known)
{%- endmacro %}
