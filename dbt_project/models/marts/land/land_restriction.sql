{{ config(materialized='table', post_hook="{{ analyze_grown() }}") }}
{% set published = [
    'restriction_key', 'source_system', 'registry_office_code', 'subject_type', 'subject_key', 'parcel_key',
    'parcel_keys', 'kind', 'is_active', 'authority', 'valid_from', 'valid_to',
] %}
with restriction as (

    select
        'land_registry:' || listed.register_kind || ':' || listed.restriction_id as restriction_key,
        'land_registry'::text as source_system,
        listed.registry_office_code,
        listed.subject_type,
        -- the id of a person is as good as a name to whoever holds the register: only its keyed hash goes on
        case
            when listed.subject_type = 'PERSON' then raw.pseudonymise('land_registry:party:' || listed.subject_id)
            else 'land_registry:' || listed.subject_id
        end as subject_key,
        case when cardinality(reached.parcel_keys) = 1 then reached.parcel_keys[1] end as parcel_key,
        reached.parcel_keys,
        listed.kind,
        listed.is_active,
        listed.authority_name as authority,
        listed.starts_on as valid_from,
        listed.ends_on as valid_to,
        coalesce(listed.ends_before_start, false) as ends_before_start,
        reached.subject_exists
    from {{ ref('int_restriction_listed') }} as listed
    inner join {{ ref('int_restriction_reached') }} as reached
        on
        listed.register_kind = reached.register_kind
        and listed.restriction_id = reached.restriction_id

)

select
    restriction.*,
    {{ row_hash(published) }} as row_hash
from restriction
