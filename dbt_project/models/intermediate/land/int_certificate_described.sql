{{ config(
    materialized='incremental',
    unique_key='certificate_id',
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['certificate_id'], 'unique': true}],
    post_hook=["{{ delete_vanished(ref('stg_land_registry__certificate'), 'certificate_id') }}", "{{ analyze_grown() }}"],
) }}
{% set logic = logic_mark() %}
-- Certificates with their texts in one form, worked out once per version: rights and serial numbers are compared daily.
select
    certificate.certificate_id,
    certificate.change_no,
    {{ logic }}::text as logic_mark,
    certificate.certificate_serial,
    certificate.register_no,
    certificate.issued_on,
    certificate.legal_status
from {{ ref('stg_land_registry__certificate') }} as certificate
{% if is_incremental() %}
where not exists (
        select 1
        from {{ this }} as built
        where
            built.certificate_id = certificate.certificate_id
            and built.change_no = certificate.change_no
            and built.logic_mark = {{ logic }}
    )
{% endif %}
