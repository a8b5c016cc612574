-- Violations of the environment datasets, per rule, counted by hand: one statement for each dataset.

-- the facilities and stations that are held for their coordinates
create temporary table held_place as
select
    site_key,
    is_datum_shift_missing or coordinate_error is not null or not is_zone_usual or suggested_srid is not null
    or (has_location_text and (placed_srid is null or coalesce(distance_to_commune_m, 9999) > 2000)) as is_held
from (
    select
        facility_key as site_key, is_datum_shift_missing, coordinate_error, is_zone_usual, suggested_srid,
        has_location_text, placed_srid, distance_to_commune_m
    from warehouse.facility
    union all
    select
        station_key, is_datum_shift_missing, coordinate_error, is_zone_usual, suggested_srid,
        has_location_text, placed_srid, distance_to_commune_m
    from warehouse.monitoring_station
) as site;

-- facility
select
    count(*) filter (where is_tax_code_valid is false) as f01,
    count(*) filter (where
        has_location_text and coordinate_error is null and placed_srid is not null and is_zone_usual
        and suggested_srid is null and coalesce(distance_to_commune_m, 9999) > 2000
    ) as f02,
    count(*) filter (where coordinate_error = 'UNREADABLE') as f03,
    count(*) filter (where coordinate_error = 'AXES_SWAPPED') as f04,
    count(*) filter (where coordinate_error = 'ZONE_PREFIX') as f05,
    count(*) filter (where coordinate_error = 'DECIMAL_LOST') as f06,
    count(*) filter (where coordinate_error = 'DEGREES') as f07,
    count(*) filter (where coordinate_error = 'OUT_OF_RANGE') as f08,
    count(*) filter (where not is_zone_usual or suggested_srid is not null) as f09,
    count(*) filter (where has_location_text and placed_srid is null and coordinate_error is null) as f10,
    count(*) filter (where source_srid_basis <> 'STATED') as f11,
    count(*) filter (where not is_zone_confirmed and is_zone_usual and suggested_srid is null) as f12,
    count(*) filter (where is_datum_shift_missing) as f13,
    count(*) filter (where is_datum_shift_possible and not is_datum_shift_missing) as f14
from warehouse.facility;

-- environmental_permit
with numbered as (
    select number, symbol, issuing_authority, issued_on, count(*) as n
    from warehouse.environmental_permit
    where number is not null and symbol is not null and issuing_authority is not null and issued_on is not null
    group by number, symbol, issuing_authority, issued_on
    having count(*) > 1
)
select
    count(*) filter (where is_year_row is not false) as p00,
    count(*) filter (where (is_year_row or number is not null or number_count > 1) is not true) as p01,
    count(*) filter (where (
        is_year_row or number is null or (issued_on is not null and term_years is not null)
    ) is not true) as p02,
    count(*) filter (where (is_year_row or is_facility_known) is not true) as p03,
    count(*) filter (where (number_count <= 1) is not true) as p04,
    count(*) filter (where (number is null or is_symbol_known) is not true) as p05,
    (select coalesce(sum(numbered.n), 0) from numbered) as p06,
    count(*) filter (where (
        is_year_row or not is_symbol_known or issued_on is null or issuer_text is null or is_authority_known
    ) is not true) as p07,
    count(nullif(replacement_match = 'AMBIGUOUS', false)) as p08,
    count(nullif(replacement_match = 'NOT_FOUND', false)) as p09,
    count(nullif(replacement_match = 'UNREAD', false)) as p10,
    -- what is out of scope is not held
    count(*) filter (where not is_year_row and facility_key in (
        select f.facility_key from warehouse.facility as f
        where
            f.is_tax_code_valid is false
            or f.facility_key in (select p.site_key from held_place as p where p.is_held)
    )) as h05
from warehouse.environmental_permit;

-- eia_decision
with numbered as (
    select number, symbol, issuing_authority, decided_on, count(*) as n
    from warehouse.eia_decision
    where number is not null and symbol is not null and issuing_authority is not null and decided_on is not null
    group by number, symbol, issuing_authority, decided_on
    having count(*) > 1
)
select
    count(*) filter (where number is null) as d01,
    count(*) filter (where (number is null or (decided_on is not null and not is_dated_ahead)) is not true) as d02,
    count(*) filter (where is_facility_known is not true) as d03,
    count(*) filter (where (
        number is null or decided_on is null or (is_symbol_known and is_authority_known)
    ) is not true) as d04,
    (select coalesce(sum(numbered.n), 0) from numbered) as d05,
    count(*) filter (where (project_group in ('I', 'II')) is not true) as d06,
    count(*) filter (where facility_key in (
        select f.facility_key from warehouse.facility as f
        where
            f.is_tax_code_valid is false
            or f.facility_key in (select p.site_key from held_place as p where p.is_held)
    )) as h06
from warehouse.eia_decision;

-- the stations that are held, by themselves or with their facility
create temporary table held_station as
select s.station_key
from warehouse.monitoring_station as s
left join warehouse.facility as f on s.facility_key = f.facility_key
where
    s.medium is null
    or s.station_key in (select p.site_key from held_place as p where p.is_held)
    or (s.facility_key is not null and (
        f.facility_key is null
        or f.is_tax_code_valid is false
        or f.facility_key in (select p.site_key from held_place as p where p.is_held)
    ));

-- monitoring_station
select
    count(*) filter (where s.medium is null) as s01,
    count(*) filter (where
        s.has_location_text and s.coordinate_error is null and s.placed_srid is not null and s.is_zone_usual
        and s.suggested_srid is null and coalesce(s.distance_to_commune_m, 9999) > 2000
    ) as s02,
    count(*) filter (where s.coordinate_error = 'UNREADABLE') as s04,
    count(*) filter (where s.coordinate_error = 'AXES_SWAPPED') as s05,
    count(*) filter (where s.coordinate_error = 'ZONE_PREFIX') as s06,
    count(*) filter (where s.coordinate_error = 'DECIMAL_LOST') as s07,
    count(*) filter (where s.coordinate_error = 'DEGREES') as s08,
    count(*) filter (where s.coordinate_error = 'OUT_OF_RANGE') as s09,
    count(*) filter (where not s.is_zone_usual or s.suggested_srid is not null) as s10,
    count(*) filter (where s.has_location_text and s.placed_srid is null and s.coordinate_error is null) as s11,
    count(*) filter (where s.source_srid_basis <> 'STATED') as s12,
    count(*) filter (where not s.is_zone_confirmed and s.is_zone_usual and s.suggested_srid is null) as s13,
    count(*) filter (where s.is_datum_shift_missing) as s14,
    count(*) filter (where s.is_datum_shift_possible and not s.is_datum_shift_missing) as s15,
    count(*) filter (where s.facility_key is not null and (
        f.facility_key is null
        or f.is_tax_code_valid is false
        or f.facility_key in (select p.site_key from held_place as p where p.is_held)
    )) as s03
from warehouse.monitoring_station as s
left join warehouse.facility as f on s.facility_key = f.facility_key;

-- monitoring_hourly
select
    count(*) filter (where is_station_known is not true) as e01,
    count(*) filter (where (is_symbol_known or not is_station_known) is not true) as e02,
    count(*) filter (where (unknown_unit_count = 0 or not is_symbol_known) is not true) as e03,
    count(*) filter (where (conflict_count = 0) is not true) as e04,
    count(*) filter (where (n_valid >= 1 and 4 * n_valid >= 3 * n_expected) is not true) as e05,
    count(*) filter (where (excluded_count <= 3) is not true) as e06,
    count(*) filter (where (
        n_valid = 0 or range_min is null or (value_min >= range_min and value_max <= range_max)
    ) is not true) as e07,
    count(*) filter (where (
        n_valid < 6 or is_flat_line_exempt or value_min < value_max or value_max = 0
    ) is not true) as e08,
    count(*) filter (where (longest_zero_run <= 5) is not true) as e09,
    count(*) filter (where spike_score > 15 and is_flat_line_exempt is not true) as e10,
    count(*) filter (where hours_late > 24) as e11,
    count(*) filter (where (minutes_ahead_of_file <= 5) is not true) as e14,
    count(*) filter (where is_in_future is not false) as e15,
    count(*) filter (where (unknown_status_count = 0) is not true) as e16,
    (count(*) - count(hours_late)) as e17,
    (count(*) - count(*) filter (where behind_count < 1)) as e22,
    count(*) filter (
        where longest_equal_run > 7 and is_flat_line_exempt is not true and longest_zero_run <= 5
            and coalesce(n_valid <= 5 or value_min < value_max, true)
    ) as e23,
    count(*) filter (where station_key in (select h.station_key from held_station as h)) as h07
from warehouse.monitoring_hourly;

-- monitoring_exceedance
select
    count(*) filter (where (
        n_exceeding between 0 and n_means and n_means <= n_expected
        and (n_exceeding > 0) = coalesce(mean_max > limit_max or mean_min < limit_min, false)
        and coalesce(is_exceedance, false) = (n_exceeding > 0)
    ) is not true) as e20,
    count(*) filter (
        where regulation is null or unit is null or day is null
            or (limit_max is null and coalesce(reason_code, '') not in ('LIMIT_NOT_LOADED', 'FACILITY_UNDATED'))
    ) as e21,
    count(*) filter (where num_nulls(is_exceedance, reason_code) <> 1) as e24,
    count(*) filter (where station_key in (select h.station_key from held_station as h)) as h10
from warehouse.monitoring_exceedance;

-- air_quality_index
select
    count(*) filter (where (
        vn_aqi is null or (vn_aqi between 0 and 500 and level is not null and main_parameter is not null)
    ) is not true) as q01,
    count(*) filter (where vn_aqi is distinct from case
        when aqi_pm10 is not null or aqi_pm2_5 is not null
            then greatest(aqi_so2, aqi_co, aqi_no2, aqi_o3, aqi_pm10, aqi_pm2_5)
    end) as q02,
    count(*) filter (where is_nowcast_biased_low is not false) as q03,
    count(*) filter (where station_key in (select h.station_key from held_station as h)) as h08
from warehouse.air_quality_index;

-- air_quality_daily
select
    count(*) filter (where (
        vn_aqi is null or (vn_aqi between 0 and 500 and level is not null and main_parameter is not null)
    ) is not true) as q04,
    count(*) filter (where vn_aqi is distinct from case
        when aqi_pm10 is not null or aqi_pm2_5 is not null
            then greatest(aqi_so2, aqi_co, aqi_no2, aqi_o3_1h, aqi_o3_8h, aqi_pm10, aqi_pm2_5)
    end) as q05,
    count(*) filter (where station_key in (select h.station_key from held_station as h)) as h09
from warehouse.air_quality_daily;
