{% set logic = logic_mark() %}
{% set columns = [
    'parcel_id', 'parcel_key', 'source_system', 'registry_office_code', 'parcel_uid', 'source_commune_code',
    'source_commune_valid_on', 'sheet_no', 'parcel_no', 'former_sheet_no', 'former_parcel_no', 'survey_area_m2',
    'legal_area_m2', 'is_occupying_object', 'is_disputed', 'parent_parcel_key', 'source_srid', 'registered_on',
    'source_geom', 'change_no',
] %}
{% set systems = ['stg_land_registry__parcel', 'stg_land_exports__parcel_kim_boi', 'stg_land_exports__parcel_lac_thuy'] %}
{{ config(
    materialized='incremental',
    unique_key='parcel_id',
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['parcel_id'], 'unique': true}],
    post_hook=[
        "{{ delete_vanished_from_all([ref('stg_land_registry__parcel'), ref('stg_land_exports__parcel_kim_boi'), ref('stg_land_exports__parcel_lac_thuy')], 'parcel_id') }}",
        "{{ analyze_grown() }}",
    ],
) }}
-- The parcels of all land systems in one shape. A table, so that numbers are put into their form once per version, and
-- not once per reader; each branch looks for its own changes, because a union would first work out all of itself.
{% for system in systems %}
select
    {% for column in columns -%}
    parcel.{{ column }},
    {% endfor -%}
    {{ logic }}::text as logic_mark
from {{ ref(system) }} as parcel
{% if is_incremental() %}
where not exists (
        select 1
        from {{ this }} as built
        where
            built.parcel_id = parcel.parcel_id
            and built.change_no = parcel.change_no
            and built.logic_mark = {{ logic }}
    )
{% endif %}
{{ 'union all' if not loop.last }}
{% endfor %}
