-- Fails with the codes whose meaning overlaps in time, and with the parcels whose commune of today does not follow from
-- the unit that their code named on their own date (00004 was Phường Trúc Bạch and is Phường Ba Đình).
select one.source_code as found
from {{ ref('int_commune_successor') }} as one
inner join {{ ref('int_commune_successor') }} as other
    on
    one.source_code = other.source_code
    and one.valid_from < other.valid_from
    and one.valid_to >= other.valid_from
union all
select parcel.parcel_key
from {{ ref('land_parcel') }} as parcel
where
    parcel.commune_code is not null
    and not exists (
        select 1
        from {{ ref('int_commune_successor') }} as successor
        where
            successor.source_code = parcel.source_commune_code
            and parcel.source_commune_valid_on between successor.valid_from and successor.valid_to
            and successor.commune_code = parcel.commune_code
    )
