{#- Three steps of a query that hold places against the ground of the commune they state: `held_against` (how far off each
    lies, and whether the datum shift would put it inside), `other_zone` (the other usual zones, one by one) and
    `alternative` (fitting_srid, the other zone that puts it inside; whether one might).

    `suspect` is a CTE before them with `key`, source_commune_code, source_commune_valid_on, placed_srid, inner_point and
    shifted_point (EPSG:4756; the second as if the datum shift had been left out) and `centre`, the coordinates as stated. -#}
{% macro held_against_commune(suspect, key) -%}
held_against as (

    -- the ground that the code may mean: null as soon as some of it is not known
    select
        {{ suspect }}.{{ key }},
        count(*) = count(area.geom) as is_ground_known,
        count(*) = count(*) filter (where area.area_basis = 'BOUNDARY') as is_boundary_known,
        bool_or(st_intersects(area.geom, {{ suspect }}.inner_point)) as is_inside,
        bool_or(st_intersects(area.geom, {{ suspect }}.shifted_point)) as is_inside_when_shifted,
        min({{ distance_to_ground('area.geom', suspect ~ '.inner_point') }}) as distance_m
    from {{ suspect }}
    inner join {{ ref('int_commune_successor') }} as successor
        on
        {{ suspect }}.source_commune_code = successor.source_code
        and {{ suspect }}.source_commune_valid_on between successor.valid_from and successor.valid_to
    left join {{ ref('int_commune_area') }} as area on successor.commune_code = area.commune_code
    group by {{ suspect }}.{{ key }}

),

other_zone as (

    select
        {{ suspect }}.{{ key }},
        zone.epsg,
        zone.is_former,
        bool_or(area.geom is null) as is_unknown,
        bool_or(st_intersects(area.geom, {{ to_vn2000_geographic('st_setsrid(' ~ suspect ~ '.centre, zone.epsg)') }}))
            as is_inside
    from {{ suspect }}
    inner join {{ ref('int_commune_zone') }} as zone
        on
        {{ suspect }}.source_commune_code = zone.source_code
        and {{ suspect }}.source_commune_valid_on between zone.valid_from and zone.valid_to
        and {{ suspect }}.placed_srid is distinct from zone.epsg
    inner join {{ ref('int_commune_successor') }} as successor
        on
        {{ suspect }}.source_commune_code = successor.source_code
        and {{ suspect }}.source_commune_valid_on between successor.valid_from and successor.valid_to
    left join {{ ref('int_commune_area') }} as area on successor.commune_code = area.commune_code
    group by {{ suspect }}.{{ key }}, zone.epsg, zone.is_former

),

alternative as (

    select
        {{ key }},
        (array_agg(epsg order by is_former desc, epsg) filter (where is_inside))[1] as fitting_srid,
        bool_or(coalesce(is_inside, false) or is_unknown) as is_possible
    from other_zone
    group by {{ key }}

)
{%- endmacro %}
