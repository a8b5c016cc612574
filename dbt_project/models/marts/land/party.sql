{% set published = ['party_key', 'source_system', 'kind', 'organisation_tax_code', 'organisation_name'] %}
{% set logic = logic_mark([
    row_hash(published), organisation_tax_code('d'), is_tax_code_valid('d'), year_of_personal_number('d')
]) %}
{{ config(
    materialized='incremental',
    unique_key='party_id',
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['party_id'], 'unique': true}],
    post_hook=["{{ delete_vanished(ref('stg_land_registry__party'), 'party_id') }}", "{{ analyze_grown() }}"],
) }}
-- Of a natural person only a key and the kind go on; the key is a hash that nobody can make without the secret, because
-- the register's own number is as good as a name to whoever holds the register. Other tables take the key from here.
with changed as (

    select
        party.party_id,
        raw.pseudonymise('land_registry:party:' || party.party_id) as party_key,
        'land_registry'::text as source_system,
        party.party_kind as kind,
        {{ organisation_tax_code('party.organisation_tax_code') }} as organisation_tax_code,
        party.organisation_name,
        coalesce({{ is_tax_code_valid('party.organisation_tax_code') }}, not party.has_other_tax_code) as is_tax_code_valid,
        party.is_identity_well_formed,
        party.is_identity_plausible,
        party.change_no,
        {{ logic }}::text as logic_mark
    from {{ ref('stg_land_registry__party') }} as party
    {% if is_incremental() %}
    where not exists (
            select 1
            from {{ this }} as built
            where
                built.party_id = party.party_id
                and built.change_no = party.change_no
                and built.logic_mark = {{ logic }}
        )
    {% endif %}
    -- each expression once per row, before the hash reads it
    offset 0

)

select
    party_key,
    source_system,
    kind,
    organisation_tax_code,
    organisation_name,
    party_id,
    is_tax_code_valid,
    is_identity_well_formed,
    is_identity_plausible,
    change_no,
    logic_mark,
    {{ row_hash(published) }} as row_hash
from changed
