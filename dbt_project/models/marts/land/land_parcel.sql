{% set published = [
    'parcel_key', 'source_system', 'parcel_id', 'registry_office_code', 'parcel_uid', 'commune_code', 'commune_method',
    'source_commune_code', 'source_commune_valid_on', 'sheet_no', 'parcel_no', 'former_sheet_no', 'former_parcel_no',
    'survey_area_m2', 'legal_area_m2', 'computed_area_m2', 'main_land_use_code', 'is_occupying_object', 'is_disputed',
    'parent_parcel_key', 'source_srid', 'placed_srid', 'source_srid_basis', 'is_zone_confirmed', 'geometry_repaired',
    'valid_from', 'valid_to',
] %}
{% set facts = [
    'area_change_share', 'area_tolerance_m2', 'is_geometry_empty', 'has_open_ring', 'smallest_hole_m2', 'coordinate_error', 'axes_swapped', 'agrees_with_parcel_uid',
    'is_commune_code_valid_on_date', 'distance_to_commune_m', 'commune_edge_m', 'suggested_srid', 'is_zone_usual',
    'is_datum_shift_missing', 'overlap_area_m2', 'overlap_parcel_ids', 'n_same_number', 'n_same_uid', 'n_uses',
    'use_area_m2', 'n_invalid_codes', 'area_in_medians', 'n_open_disputes',
] %}
{% set content = published + facts + ['geom_hash', logic_mark([row_hash(published)])] %}
{{ config(
    materialized='incremental',
    unique_key='parcel_key',
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['geom'], 'type': 'gist'}],
    post_hook=["{{ delete_vanished(ref('int_parcel_collected'), 'parcel_key') }}", "{{ analyze_grown() }}"],
) }}
-- The facts of all parcels are put together anew, because a fact may change with a neighbour, a land use or a dispute;
-- only the rows whose content differs are written.
with described as (

    select
        *,
        md5(row({{ content | join(', ') }})::text) as content_hash
    from {{ ref('int_parcel_described') }}

),

changed as (

    select described.*
    from described
    {% if is_incremental() %}
    left join {{ this }} as built on described.parcel_key = built.parcel_key
    where built.content_hash is distinct from described.content_hash
    {% endif %}

),

shape as (

    select
        parcel_id as shape_parcel_id,
        geom
    from {{ ref('int_parcel_geometry_repaired') }}

)

select
    {{ (published + ['geom'] + facts) | join(',\n    ') }},
    content_hash,
    {{ row_hash(published + ['geom']) }} as row_hash
from changed
inner join shape on changed.parcel_id = shape.shape_parcel_id
