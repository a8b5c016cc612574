-- From a profile (275, 276) and a requirement to what is left unanswered.
-- Why a subject with this profile is left unanswered, as the functions of 214 to 260 would say; null where it is answered.
create or replace function checks.gap_of(
    check_code text, about text, datasets text[], parameters jsonb, able text[], held text[]
) returns text
language plpgsql immutable as $$
declare
    is_parcel boolean := about in ('PARCEL', 'PARCEL_NAMED', 'PLACE', 'COMMUNE', 'CERTIFICATE');
    partly text[] := array(select 'group ' || g from jsonb_array_elements_text(parameters -> 'partly_needed_by_groups') as g);
    on_waste text[] := array(select 'group ' || g from jsonb_array_elements_text(parameters -> 'depends_on_waste') as g);
begin
    return case
        -- the code of a commune and the serial of a certificate are looked up without the parcel
        when held && (datasets || case
            when about = 'PLACE' then '{land_parcel,*}' when about in ('COMMUNE', 'CERTIFICATE') then '{}' else '{*}'
        end::text[]) then 'held'
        when is_parcel and 'land_parcel_use' = any(datasets) and not 'land_parcel_use' = any(able) then 'unknown'
        when is_parcel and 'land_right' = any(datasets) and not 'land_right' = any(able)
            and check_code not in ('NO_CURRENT_CERTIFICATE', 'LEASE_REGISTERED') then 'unknown'
        when not case check_code
            when 'SAME_HOLDER' then 'known ' || coalesce(parameters #>> '{right_types,0}', 'USE') = any(able)
            when 'HOLDER_MATCHES' then able && array(
                select 'whole ' || t from jsonb_array_elements_text(coalesce(parameters -> 'right_types', '["USE"]')) as t
            )
            when 'LAND_USE_ALLOWED' then not parameters ? 'conditional' or 'unconditional' = any(able)
            when 'LEASE_REGISTERED' then 'lease' = any(able)
            when 'CERTIFICATE_IN_FORCE' then 'certificate' = any(able)
            when 'CERTIFICATE_COVERS_PARCEL' then 'certificate' = any(able)
            when 'NO_CURRENT_CERTIFICATE' then 'certificate' = any(able)
            when 'PARCEL_AREA_MATCHES' then 'area' = any(able)
            when 'AREA_GAINED' then 'area' = any(able)
            when 'NEW_LOTS_LARGE_ENOUGH' then parameters -> 'least_area_m2' <> '{}'
            when 'LICENCE_IN_FORCE' then 'status' = any(able)
            when 'LICENCE_TYPE_FITS' then 'type' = any(able)
            when 'LICENCE_REISSUE_IN_TIME' then 'reissue' = any(able)
            when 'LICENCE_HOLDER_MATCHES' then 'holder' = any(able)
            when 'LICENCE_AGE' then 'issued' = any(able) and parameters -> 'least_months' <> '{}'
            when 'PERMIT_IN_FORCE' then 'status' = any(able)
            when 'PERMIT_NOT_REPLACED' then 'replacement' = any(able)
            when 'TAX_CODE_VALID' then 'code' = any(able)
            when 'ORGANISATION_KNOWN' then 'known' = any(able)
            when 'EIA_APPRAISAL_REQUIRED' then not able && partly
            when 'EIA_DECISION_EXISTS' then 'decision' = any(able) or not able && partly
            when 'PERMIT_NOT_REQUIRED' then not able && on_waste
            when 'FACILITY_PERMITTED' then 'permit' = any(able) or not able && ('{doubt}' || on_waste)
            else true
        end then 'unknown'
    end;
end
$$;
comment on function checks.gap_of(text, text, text[], jsonb, text[], text[]) is
'held or unknown, by what is on record of the subject; the dossier states whatever a citizen can, and its group as on record.';
