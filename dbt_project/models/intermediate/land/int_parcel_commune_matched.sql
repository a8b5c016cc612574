{% set logic = logic_mark() %}
{{ config(
    materialized='incremental',
    unique_key='parcel_id',
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['parcel_id'], 'unique': true}],
    post_hook=["{{ delete_vanished(ref('int_parcel_collected'), 'parcel_id') }}", "{{ analyze_grown() }}"],
) }}
-- Today's commune of each parcel: by code where the code and its date name one, by the inner point where the old
-- commune was divided, else none. Never a guess.
with mark as materialized (

    select administrative_mark from {{ ref('int_administrative_mark') }}

),

parcel as (

    select
        parcel.parcel_id,
        parcel.source_commune_code,
        parcel.source_commune_valid_on,
        parcel.change_no,
        shape.inner_point,
        mark.administrative_mark
    from {{ ref('int_parcel_collected') }} as parcel
    inner join {{ ref('int_parcel_geometry_repaired') }} as shape on parcel.parcel_id = shape.parcel_id
    cross join mark
    {% if is_incremental() %}
    where not exists (
            select 1
            from {{ this }} as built
            where
                built.parcel_id = parcel.parcel_id
                and built.change_no = parcel.change_no
                and built.administrative_mark = mark.administrative_mark
                and built.logic_mark = {{ logic }}
        )
    {% endif %}

),

candidate as (

    select
        parcel.parcel_id,
        successor.commune_code,
        successor.n_candidates,
        exists(
            select 1
            from {{ ref('int_commune_boundary_divided') }} as piece
            where
                piece.commune_code = successor.commune_code
                and st_intersects(piece.geom, parcel.inner_point)
        ) as is_inside
    from parcel
    inner join {{ ref('int_commune_successor') }} as successor
        on
        parcel.source_commune_code = successor.source_code
        and parcel.source_commune_valid_on between successor.valid_from and successor.valid_to
    -- computed once per row instead of once per use below
    offset 0

),

settled as (

    select
        parcel_id,
        max(n_candidates) as n_candidates,
        count(*) filter (where is_inside) as n_inside,
        min(commune_code) as only_commune_code,
        min(commune_code) filter (where is_inside) as inside_commune_code
    from candidate
    group by parcel_id

)

select
    parcel.parcel_id,
    parcel.change_no,
    parcel.administrative_mark,
    {{ logic }}::text as logic_mark,
    coalesce(settled.n_candidates, 0) as n_candidates,
    coalesce(settled.n_inside, 0) as n_inside,
    case
        when settled.n_candidates = 1 then settled.only_commune_code
        when settled.n_inside = 1 then settled.inside_commune_code
    end as commune_code,
    case
        when settled.n_candidates = 1 then 'CODE'
        when settled.n_inside = 1 then 'GEOMETRY'
        else 'NONE'
    end as commune_method
from parcel
left join settled on parcel.parcel_id = settled.parcel_id
