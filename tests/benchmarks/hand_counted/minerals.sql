-- Violations of the mineral datasets and of what they lay on parcels, per rule, counted by hand: one statement for each.

-- mineral_licence
with numbered as (
    select number, symbol, issuer, issued_on, count(*) as n
    from warehouse.mineral_licence
    where number is not null and symbol is not null and issuer is not null and issued_on is not null
    group by number, symbol, issuer, issued_on
    having count(*) > 1
)
select
    count(*) filter (where (
        number_text is not null and (number is null or issued_on is not null) and cardinality(minerals) > 0
        and area_ha is not null and fewest_block_corners >= 3
    ) is not true) as m01,
    count(*) filter (where (
        (valid_from is null or issued_on is null or valid_from >= issued_on)
        and (valid_from is null or valid_to is null or valid_to > valid_from)
    ) is not true) as m02,
    count(*) filter (where (
        area_ha is null or geom is null or not is_geometry_valid
        or abs(computed_area_ha - area_ha) <= greatest(0.005 * area_ha, 0.01)
    ) is not true) as m03,
    count(*) filter (where (
        geom is null or not is_geometry_valid or distance_to_commune_m <= 5000
    ) is not true) as m04,
    count(*) filter (where (overlap_same_mineral_m2 <= 100) is not true) as m05,
    count(*) filter (where is_issuer_competent is false) as m07,
    count(*) filter (where is_tax_code_valid is false) as m08,
    (select coalesce(sum(numbered.n), 0) from numbered) as m11,
    count(*) filter (where (is_successor_known and not is_in_succession_loop) is not true) as m13,
    count(*) filter (where number_text is not null and number is null) as m15,
    count(*) filter (where (implausible_corner_count = 0 and zone_count <= 1) is not true) as m16,
    count(*) filter (where (geom is null or is_geometry_valid) is not true) as m18,
    count(*) filter (where boundary_difference_share > 0.01) as m19,
    count(*) filter (where workbook_difference_share > 0.01) as m20,
    count(*) filter (where (unclosed_block_count = 0) is not true) as m22
from warehouse.mineral_licence;

-- mineral_zone
select
    count(*) filter (where (is_kind_known and is_geometry_valid) is not true) as m17,
    count(*) filter (where (valid_from is not null and (valid_to is null or valid_to >= valid_from)) is not true) as m21
from warehouse.mineral_zone;

-- mineral_constraint_piece
select count(*) filter (where (st_isvalid(geom) and not st_isempty(geom)) is not true) as t06
from warehouse.mineral_constraint_piece;

-- parcel_constraint
select
    count(*) filter (where (is_parcel_known and is_constraint_known) is not true) as c01,
    count(*) filter (where (overlap_share > 0 and overlap_share <= 1.0001) is not true) as c02
from warehouse.parcel_constraint;
