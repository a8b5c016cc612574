{#- The parcels of one cadastral export, taken from `source`, in the form of the land registry's parcels.

    parcel_id is the export's own id behind a leading 1 and eleven noughts: ids of the two systems never meet, and the id
    can be read out of it. -#}
{% macro exported_parcel() -%}
    select
        1000000000000 + id_thua as parcel_id,
        'land_exports:' || id_thua as parcel_key,
        'land_exports'::text as source_system,
        -- Hòa Bình
        '17'::text as registry_office_code,
        nullif(lower(trim(ma_thua_dat)), '') as parcel_uid,
        {{ code_text('ma_xa', 5) }} as source_commune_code,
        ma_xa_tu_ngay as source_commune_valid_on,
        {{ sheet_number('so_to') }} as sheet_no,
        {{ sheet_number('so_thua') }} as parcel_no,
        {{ sheet_number('so_to_cu') }} as former_sheet_no,
        {{ sheet_number('so_thua_cu') }} as former_parcel_no,
        dien_tich as survey_area_m2,
        dien_tich_phap_ly as legal_area_m2,
        chiem_dat = 1 as is_occupying_object,
        -- the exports say nothing of disputes
        null::boolean as is_disputed,
        null::text as parent_parcel_key,
        st_srid(geom) as source_srid,
        ngay_dang_ky as registered_on,
        {{ clean_name('ten_xa') }} as commune_name,
        {{ clean_name('loai_dat') }} as land_use_text,
        geom as source_geom,
        _change_no as change_no
    from source
{%- endmacro %}
