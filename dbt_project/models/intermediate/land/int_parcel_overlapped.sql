{{ config(
    materialized='incremental',
    unique_key='parcel_id',
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['parcel_id'], 'unique': true}],
    post_hook=["{{ delete_vanished(ref('int_parcel_collected'), 'parcel_id') }}", "{{ analyze_grown() }}"],
) }}
{% set logic = logic_mark() %}
-- Which parcels overlap which others, and by how much. Only pairs with a parcel that is new, moved or gone are
-- measured again; a neighbour that did not change is rewritten only where what it overlaps did.
with known as (
    {% if is_incremental() %}
    select
        parcel_id,
        placed_hash,
        overlap_ids,
        overlap_areas_m2
    from {{ this }} where logic_mark = {{ logic }}
    {% else %}
    select
        null::bigint as parcel_id,
        null::text as placed_hash,
        null::bigint[] as overlap_ids,
        null::numeric[] as overlap_areas_m2
    where false
    {% endif %}
),

moved as materialized (

    select
        coalesce(parcel.parcel_id, known.parcel_id) as parcel_id,
        parcel.parcel_id is null as is_gone,
        parcel.placed_hash
    from {{ ref('int_parcel_placed') }} as parcel
    full join known on parcel.parcel_id = known.parcel_id
    where parcel.parcel_id is null or known.parcel_id is null or parcel.placed_hash is distinct from known.placed_hash

),

{% if is_incremental() %}
-- materialised, so that the search starts from the few that moved
moved_shape as materialized (

    select
        shape.parcel_id,
        shape.geom
    from moved
    inner join {{ ref('int_parcel_geometry_repaired') }} as shape on moved.parcel_id = shape.parcel_id

),
{% endif %}

-- interiors that meet; materialised, so that the costly test runs on the index before anything else is joined
meeting as materialized (

    select
        one.parcel_id,
        other.parcel_id as other_id,
        one.geom,
        other.geom as other_geom
    from {{ 'moved_shape' if is_incremental() else ref('int_parcel_geometry_repaired') }} as one
    inner join {{ ref('int_parcel_geometry_repaired') }} as other
        on one.geom && other.geom and one.parcel_id {{ '<>' if is_incremental() else '<' }} other.parcel_id
    where st_relate(one.geom, other.geom, '2********')

),

measured as (

    select distinct
        least(meeting.parcel_id, meeting.other_id) as parcel_id,
        greatest(meeting.parcel_id, meeting.other_id) as other_id,
        round(st_area(st_intersection(
            case when meeting.parcel_id < meeting.other_id then meeting.geom else meeting.other_geom end,
            case when meeting.parcel_id < meeting.other_id then meeting.other_geom else meeting.geom end
        )::geography)::numeric, 2) as area_m2
    from meeting
    inner join {{ ref('int_parcel_placed') }} as one on meeting.parcel_id = one.parcel_id
    inner join {{ ref('int_parcel_placed') }} as other on meeting.other_id = other.parcel_id
    where one.placed_hash is not null and other.placed_hash is not null

),

-- below 0.1 m2 lie the slivers that reprojection leaves along shared borders
noticed as (

    select * from measured where area_m2 >= 0.1

),

overlap as (

    select
        parcel_id,
        other_id,
        area_m2
    from noticed
    union all
    select
        other_id,
        parcel_id,
        area_m2
    from noticed
    union all
    select
        known.parcel_id,
        kept.other_id,
        kept.area_m2
    from known
    cross join lateral unnest(known.overlap_ids, known.overlap_areas_m2) as kept (other_id, area_m2)
    where
        not exists (select 1 from moved where moved.parcel_id = known.parcel_id)
        and not exists (select 1 from moved where moved.parcel_id = kept.other_id)

),

touched as (

    select parcel_id from moved
    union
    select parcel_id from noticed
    union
    select other_id from noticed
    union
    select known.parcel_id
    from known
    cross join lateral unnest(known.overlap_ids) as former (other_id)
    inner join moved on former.other_id = moved.parcel_id

)

-- whoever did not move is placed as it was
select
    touched.parcel_id,
    case when moved.parcel_id is null then known.placed_hash else moved.placed_hash end as placed_hash,
    {{ logic }}::text as logic_mark,
    coalesce(array_agg(overlap.other_id order by overlap.other_id) filter (where overlap.other_id is not null), '{}')
        as overlap_ids,
    coalesce(array_agg(overlap.area_m2 order by overlap.other_id) filter (where overlap.other_id is not null), '{}')
        as overlap_areas_m2,
    coalesce(max(overlap.area_m2), 0) as overlap_area_m2
from touched
left join moved on touched.parcel_id = moved.parcel_id
left join known on touched.parcel_id = known.parcel_id
left join overlap on touched.parcel_id = overlap.parcel_id
where not coalesce(moved.is_gone, false)
group by touched.parcel_id, moved.parcel_id, moved.placed_hash, known.placed_hash
