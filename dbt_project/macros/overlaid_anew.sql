{#- What an incremental build of parcel_constraint looks at, as two queries of its WITH; nothing for a build of all.

    `unmet`: constraints that no parcel has been held against; on a day of few changes none. The first piece speaks for the
    others. `moved`: the parcels that were written since. Whatever else there is was measured before. -#}
{% macro overlaid_anew() -%}
    {%- if is_incremental() -%}
    unmet as materialized (
        select
            piece.constraint_dataset,
            piece.constraint_key
        from {{ ref('int_constraint_subdivided') }} as piece
        where piece.piece_no = 1
            and not exists (
                select 1
                from intermediate.constraint_overlaid as done
                where done.constraint_dataset = piece.constraint_dataset
                    and done.constraint_key = piece.constraint_key
            )
    ),
    moved as materialized (
        select
            parcel.parcel_key,
            parcel.row_hash as parcel_hash,
            parcel.main_land_use_code,
            parcel.geom
        from intermediate.parcel_touched as touched
        inner join {{ ref('land_parcel') }} as parcel
            on touched.parcel_key = parcel.parcel_key and {{ is_overlayable('parcel') }}
    ),
    {%- endif -%}
{%- endmacro %}
