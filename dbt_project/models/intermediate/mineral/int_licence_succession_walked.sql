{{ config(materialized='table') }}

with recursive licence as (

    select
        licence_key,
        replaced_by
    from {{ ref('stg_mineral_cadastre__licence') }}

),

-- `union` drops pairs already seen, so that a loop ends the walk instead of the build
walk as (

    select
        licence_key as start_key,
        replaced_by as reached_key
    from licence where replaced_by is not null
    union
    select
        walk.start_key,
        licence.replaced_by
    from walk
    inner join licence on walk.reached_key = licence.licence_key
    where licence.replaced_by is not null

),

looped as (

    select distinct start_key from walk where start_key = reached_key

)

select
    licence.licence_key,
    licence.replaced_by is null or successor.licence_key is not null as is_successor_known,
    looped.start_key is not null as is_in_succession_loop
from licence
left join licence as successor on licence.replaced_by = successor.licence_key
left join looped on licence.licence_key = looped.start_key
