{#- The rest of a query that finds the zone of what states none: that of the former province where it puts the centre on
    the ground of the stated commune, else the only usual zone that does; none where none or several do.

    `unstated` is a CTE before it with `key`, source_commune_code, source_commune_valid_on and `centre`, the coordinates as
    stated. Grain: one row per key whose commune code was valid on its day. -#}
{% macro settled_zone(unstated, key) -%}
tried as (

    select
        {{ unstated }}.{{ key }},
        zone.epsg,
        zone.is_default,
        bool_or(st_intersects(
            area.geom, {{ to_vn2000_geographic('st_setsrid(' ~ unstated ~ '.centre, zone.epsg)') }}
        )) as is_inside
    from {{ unstated }}
    inner join {{ ref('int_commune_zone') }} as zone
        on
        {{ unstated }}.source_commune_code = zone.source_code
        and {{ unstated }}.source_commune_valid_on between zone.valid_from and zone.valid_to
    inner join {{ ref('int_commune_successor') }} as successor
        on
        {{ unstated }}.source_commune_code = successor.source_code
        and {{ unstated }}.source_commune_valid_on between successor.valid_from and successor.valid_to
    inner join {{ ref('int_commune_area') }} as area on successor.commune_code = area.commune_code
    group by {{ unstated }}.{{ key }}, zone.epsg, zone.is_default

)

select
    {{ key }},
    case
        when bool_or(is_default and is_inside) then min(epsg) filter (where is_default)
        when count(*) filter (where is_inside) = 1 then min(epsg) filter (where is_inside)
    end as placed_srid,
    case
        when bool_or(is_default and is_inside) then 'FORMER_PROVINCE'
        when count(*) filter (where is_inside) = 1 then 'INFERRED'
    end as source_srid_basis
from tried
group by {{ key }}
{%- endmacro %}
