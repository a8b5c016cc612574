-- One value that changes when anything that commune mapping stands on changes: lists, crosswalk, boundaries, axes.
-- The number of rows stands beside the last change, because a row that is gone has no change left to show.
select md5(concat_ws(
    '|',
    (select row(count(*), max(change_no))::text from {{ ref('stg_administrative_units__unit_2025') }}),
    (select row(count(*), max(change_no))::text from {{ ref('stg_administrative_units__legacy_ward') }}),
    (select row(count(*), max(change_no))::text from {{ ref('stg_administrative_units__legacy_district') }}),
    (select row(count(*), max(change_no))::text from {{ ref('stg_administrative_units__crosswalk') }}),
    (select row(count(*), max(change_no))::text from {{ ref('stg_administrative_units__resolution') }}),
    (select row(count(*), max(change_no))::text from {{ ref('stg_administrative_units__province_boundary') }}),
    (select row(count(*), max(change_no))::text from {{ ref('stg_administrative_units__commune_boundary') }}),
    (select md5(string_agg(era::text, '|' order by era.era)) from {{ ref('administrative_era') }} as era),
    (select md5(string_agg(axis::text, '|' order by axis::text)) from {{ ref('province_meridians') }} as axis),
    (select md5(string_agg(axis::text, '|' order by axis::text)) from {{ ref('former_province_meridians') }} as axis),
    {{ derivation_parameter('commune_reach_radii') }},
    {{ derivation_parameter('commune_reach_m') }},
    {{ derivation_parameter('island_reach_m') }}
)) as administrative_mark
