{{ config(materialized='table', post_hook='analyze {{ this }}') }}
-- Land uses that an export writes in one text: `LUC`, `ODT*`, `ONT 200; CLN 812.5`. A single use without an area has the
-- legal area of the parcel; of several without areas none is shared out. A text that is not understood has no code.
-- A table, because nobody can foresee how many uses a text holds, and plans for all land uses would suffer from the guess.
with parcel as (

    select * from {{ ref('stg_land_exports__parcel_kim_boi') }}
    union all
    select * from {{ ref('stg_land_exports__parcel_lac_thuy') }}

),

part as (

    select
        parcel.parcel_id,
        parcel.parcel_key,
        parcel.source_system,
        parcel.registry_office_code,
        parcel.legal_area_m2,
        parcel.change_no,
        written.seq::integer as seq,
        regexp_match(upper(written.use_text), '^([A-Z]{3})\*?(?:\s*:?\s*([0-9][0-9.,]*)(?:\s*M[2²])?)?$') as matched,
        count(*) over (partition by parcel.parcel_id) as n_uses
    from parcel
    cross join lateral regexp_split_to_table(parcel.land_use_text, '\s*[;+]\s*') with ordinality as written (use_text, seq)

)

select
    parcel_id * 100 + seq as land_use_id,
    parcel_id,
    parcel_key,
    source_system,
    registry_office_code,
    seq,
    matched[1] as land_use_code,
    case
        when matched[2] is not null then {{ vn_number('matched[2]') }}::numeric(14, 1)
        when n_uses = 1 and matched[1] is not null then legal_area_m2
    end as area_m2,
    seq = 1 as is_main,
    change_no
from part
