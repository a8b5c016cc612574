{% set published = [
    'parcel_key', 'seq', 'source_system', 'registry_office_code', 'land_use_code', 'scheme', 'area_m2', 'term_until',
    'is_main', 'planned_use_code', 'valid_from',
] %}
{% set logic = logic_mark([row_hash(published)]) %}
{{ config(
    materialized='incremental',
    pre_hook='set local enable_mergejoin = off; set local enable_nestloop = off',
    unique_key='land_use_id',
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['land_use_id'], 'unique': true}],
    post_hook=["{{ delete_vanished(ref('int_land_use_collected'), 'land_use_id') }}", "{{ analyze_grown() }}"],
) }}
{#- The way to land_parcel is the longest: its next step goes first, and this beside the steps after it. -#}
{%- do ref('int_parcel_geometry_repaired') -%}
-- (Whole registers are compared: joins by hash alone, whatever the planner expects to be left.)
-- A use is written again when its own row, or one of the facts that others decide, is not what was built.
with repeated as materialized (

    select
        parcel_id,
        seq,
        count(*) as n_same_seq,
        min(land_use_id) as first_land_use_id
    from {{ ref('int_land_use_collected') }}
    group by parcel_id, seq
    having count(*) > 1

),

changed as (

    select
        land_use.*,
        code.scheme,
        coalesce(
            code.is_in_force or land_use.used_since_on between code.first_on and code.last_on,
            false
        ) as is_code_valid,
        land_use.planned_use_code is null or coalesce(
            planned.is_in_force or land_use.used_since_on between planned.first_on and planned.last_on,
            false
        ) as is_planned_code_valid,
        parcel.parcel_id is not null as parcel_exists,
        coalesce(repeated.n_same_seq, 1) as n_same_seq
    from {{ ref('int_land_use_collected') }} as land_use
    left join {{ ref('int_land_use_code_dated') }} as code on land_use.land_use_code = code.land_use_code
    left join {{ ref('int_land_use_code_dated') }} as planned on land_use.planned_use_code = planned.land_use_code
    left join {{ ref('int_parcel_collected') }} as parcel on land_use.parcel_id = parcel.parcel_id
    left join repeated on land_use.parcel_id = repeated.parcel_id and land_use.seq = repeated.seq
    {% if is_incremental() %}
    left join {{ this }} as built on land_use.land_use_id = built.land_use_id
    {% endif %}
    where
        -- of several rows with one number the first stands for all, and is held
        (repeated.first_land_use_id is null or repeated.first_land_use_id = land_use.land_use_id)
    {% if is_incremental() %}
    and (
        built.change_no is distinct from land_use.change_no
        or built.parcel_exists is distinct from (parcel.parcel_id is not null)
        or built.n_same_seq is distinct from coalesce(repeated.n_same_seq, 1)
        or built.scheme is distinct from code.scheme
        {% if has_column('is_planned_code_valid') -%}
        or built.is_planned_code_valid is distinct from (
            land_use.planned_use_code is null or coalesce(
                planned.is_in_force or land_use.used_since_on between planned.first_on and planned.last_on,
                false
            )
        )
        {%- endif %}
        or built.logic_mark is distinct from {{ logic }}
    )
    {% endif %}

),

described as (

    select
        parcel_key,
        seq,
        source_system,
        registry_office_code,
        land_use_code,
        scheme,
        area_m2,
        term_until,
        is_main,
        planned_use_code,
        used_since_on as valid_from,
        land_use_id,
        is_code_valid,
        is_planned_code_valid,
        parcel_exists,
        n_same_seq,
        change_no,
        {{ logic }}::text as logic_mark
    from changed

)

select
    described.*,
    {{ row_hash(published) }} as row_hash
from described
