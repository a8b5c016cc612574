{% set published = [
    'old_parcel_key', 'new_parcel_key', 'effective_on', 'source_system', 'kind', 'old_commune_code', 'old_commune_codes',
    'old_sheet_no', 'old_parcel_no', 'new_commune_code', 'new_sheet_no', 'new_parcel_no',
    'valid_from', 'valid_to',
] %}
{% set logic = logic_mark([row_hash(published)]) %}
{{ config(
    materialized='incremental',
    unique_key='parcel_id',
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['parcel_id'], 'unique': true}],
    post_hook=["{{ delete_outdated_lineage() }}", "{{ analyze_grown() }}"],
) }}
-- Where parcels came from: out of others, or from another number after the merger of communes.
with lineage as (

    select
        parcel_id,
        change_no,
        old_parcel_key,
        new_parcel_key,
        effective_on,
        source_system,
        kind,
        null::text[] as old_commune_codes,
        old_sheet_no,
        old_parcel_no,
        new_commune_code,
        new_sheet_no,
        new_parcel_no,
        is_old_in_force,
        is_uid_reused
    from {{ ref('int_parcel_descended') }}
    union all
    select
        parcel_id,
        change_no,
        parcel_key,
        parcel_key,
        effective_on,
        source_system,
        'RENUMBERED',
        old_commune_codes,
        old_sheet_no,
        old_parcel_no,
        new_commune_code,
        new_sheet_no,
        new_parcel_no,
        false,
        false
    from {{ ref('int_parcel_renumbered') }}

),

changed as (

    select lineage.*
    from lineage
    {% if is_incremental() %}
    left join {{ this }} as built on lineage.parcel_id = built.parcel_id
    where
        built.change_no is distinct from lineage.change_no
        or built.kind is distinct from lineage.kind
        or built.is_old_in_force is distinct from lineage.is_old_in_force
        or built.is_uid_reused is distinct from lineage.is_uid_reused
        or built.old_commune_codes is distinct from lineage.old_commune_codes
        or built.logic_mark is distinct from {{ logic }}
    {% endif %}

),

described as (

    select
        old_parcel_key,
        new_parcel_key,
        effective_on,
        source_system,
        kind,
        -- of several communes in whose books the old number may stand, none is chosen
        case when cardinality(old_commune_codes) = 1 then old_commune_codes[1] end as old_commune_code,
        old_commune_codes,
        old_sheet_no,
        old_parcel_no,
        new_commune_code,
        new_sheet_no,
        new_parcel_no,
        effective_on as valid_from,
        null::date as valid_to,
        parcel_id,
        is_old_in_force,
        is_uid_reused,
        change_no,
        {{ logic }}::text as logic_mark
    from changed

)

select
    described.*,
    {{ row_hash(published) }} as row_hash
from described
