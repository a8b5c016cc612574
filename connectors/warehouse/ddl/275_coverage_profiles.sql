-- What a release could answer about, counted by what is on record and what is held: by 280 turned into the coverage of
-- every check. Set by set, for a release has a million parcels.
create or replace function checks.parcel_profiles(at bigint, datasets jsonb)
returns table (covering text[], able text[], held text[], n bigint)
language plpgsql stable as $$
declare
    none text := 'select null::text as parcel_key';
    -- uses that some requirement takes for conditional: of such a parcel it is not known whether they may change
    conditional text[] := array(
        select distinct code
        from release.procedure_requirement as r, jsonb_array_elements_text(r.parameters -> 'conditional') as code
        where r.check_code = 'LAND_USE_ALLOWED' and r.from_release <= at and r.to_release > at
    );
    uses text := case when datasets ? 'land_parcel_use' then 'select parcel_key,
        bool_or(land_use_code = any($2)) as is_conditional from release.land_parcel_use
        where from_release <= $1 and to_release > $1 and land_use_code is not null group by parcel_key'
        else none || ', null::boolean as is_conditional where false' end;
    rights text := case when datasets ? 'land_right' then 'select distinct parcel_key from release.land_right
        where from_release <= $1 and to_release > $1' else none || ' where false' end;
    -- As 223 and 224 read them; only of parcels with a right that has ended, is doubtful, names nobody or gives a share, or
    -- that is no right to use: everywhere else one holder has the whole of it.
    -- What is told of who holds the rights of a type: nothing, the holder, or that one holds the whole.
    told text := '
            case
                when not coalesce(
                    bool_and(r.party_key is not null) filter (
                        where checks.right_state(r.status) = ''LIVE'' and r.right_type = ''%1$s''
                    ), false
                ) or bool_or(
                    r.right_type = ''%1$s'' and checks.right_state(r.status) = ''DOUBTFUL''
                    or coalesce(r.right_type, ''UNKNOWN'') = ''UNKNOWN'' and checks.right_state(r.status) <> ''ENDED''
                ) then ''{}''
                when bool_and(coalesce(r.share, 1) >= 0.9999) filter (
                    where checks.right_state(r.status) = ''LIVE'' and r.right_type = ''%1$s''
                ) then ''{known %1$s,whole %1$s}''
                when count(distinct r.party_key) filter (
                    where checks.right_state(r.status) = ''LIVE'' and r.right_type = ''%1$s''
                ) = 1 and sum(coalesce(r.share, 1)) filter (
                    where checks.right_state(r.status) = ''LIVE'' and r.right_type = ''%1$s''
                ) >= 0.9999 then ''{known %1$s,whole %1$s}''
                else ''{known %1$s}''
            end::text[]';
    doubts text := case when datasets ? 'land_right' then '
        select
            r.parcel_key,
            ' || format(told, 'USE') || ' as use_told,
            ' || format(told, 'LEASE') || ' as lease_told,
            coalesce(bool_and(checks.right_state(r.status) <> ''LIVE'') filter (where r.right_type = ''LEASE''), false)
                as is_lease_in_doubt,
            bool_or(r.certificate_serial is not null and checks.right_state(r.status) = ''DOUBTFUL'')
            and not bool_or(r.certificate_serial is not null and r.status is not distinct from ''IN_FORCE'')
                as is_certificate_in_doubt
        from release.land_right as r
        inner join (
            select distinct parcel_key from release.land_right
            where from_release <= $1 and to_release > $1
                and (
                    checks.right_state(status) <> ''LIVE'' or party_key is null or share < 1
                    or right_type is distinct from ''USE''
                )
        ) as odd on r.parcel_key = odd.parcel_key
        where r.from_release <= $1 and r.to_release > $1
        group by r.parcel_key'
        else none || ', null::text[] as use_told, null::text[] as lease_told,
            false as is_lease_in_doubt, false as is_certificate_in_doubt where false'
    end;
begin
    return query execute format(
        $query$
        with commune as (
            select u.code, array_agg(distinct c.dataset) filter (where c.dataset is not null) as covering
            from release.administrative_unit as u
            left join release.dataset_coverage as c
                on c.area_code in (u.code, u.parent_code, '*') and c.from_release <= $1 and c.to_release > $1
            where u.level = 'commune' and u.valid_to is null and u.from_release <= $1 and u.to_release > $1
            group by u.code
        ),
        concerned as (
            select distinct key from quality.row_outcome as o, unnest(o.concerns) as key
            where o.dataset = 'land_restriction' and o.release_id = $1 and o.outcome = 'held'
        )
        select
            coalesce(commune.covering, '{}'),
            array_remove(array[
                case when p.legal_area_m2 is not null and p.survey_area_m2 is not null then 'area' end,
                case when uses.parcel_key is not null then 'land_parcel_use' end,
                case when uses.is_conditional is not true then 'unconditional' end,
                case when rights.parcel_key is not null then 'land_right' end,
                case when doubts.is_lease_in_doubt is not true then 'lease' end,
                case when doubts.is_certificate_in_doubt is not true then 'certificate' end
            ], null) || case
                when doubts.parcel_key is not null then doubts.use_told || doubts.lease_told
                when rights.parcel_key is not null then '{known USE,whole USE}'
                else '{}'
            end,
            array_remove(array[
                case when p.is_held then 'land_parcel' end,
                case when concerned.key is not null then 'land_restriction' end
            ], null),
            count(*)
        from release.land_parcel as p
        left join commune on p.commune_code = commune.code
        left join (%s) as uses on p.parcel_key = uses.parcel_key
        left join (%s) as rights on p.parcel_key = rights.parcel_key
        left join (%s) as doubts on p.parcel_key = doubts.parcel_key
        left join concerned on p.parcel_key = concerned.key
        where p.from_release <= $1 and p.to_release > $1
        group by 1, 2, 3
        $query$, uses, rights, doubts
    ) using at, conditional;
    return query
    select '{}'::text[], '{}'::text[], '{*}'::text[], count(*) from release.held as h
    where h.dataset = 'land_parcel' and h.release_id = at and not h.is_served
    having count(*) > 0;
end
$$;
comment on function checks.parcel_profiles(bigint, jsonb) is
'The parcels of a release, counted by which datasets speak for their place, which facts they have, and what is held.';

-- What is on record about a facility decides whether its group, its permits and its decisions can be told.
create or replace function checks.facility_profiles(at bigint, datasets jsonb)
returns table (able text[], held text[], n bigint)
language plpgsql stable as $$
begin
    if not datasets ?& '{environmental_permit,eia_decision}' then
        return query select '{}'::text[], case when f.is_held then '{facility}' else '{}' end::text[], count(*)
        from release.facility as f where f.from_release <= at and f.to_release > at group by 2;
        return;
    end if;
    return query
    with document as (
        select
            p.facility_key, p.project_group,
            case when p.status in ('IN_FORCE', 'EXPIRING') then 'permit' when p.status = 'UNKNOWN' then 'doubt' end as kind
        from release.environmental_permit as p where p.from_release <= at and p.to_release > at
        union all
        select d.facility_key, d.project_group, 'decision' from release.eia_decision as d
        where d.from_release <= at and d.to_release > at
    ),
    told as (
        select
            d.facility_key,
            array_agg(distinct d.kind) filter (where d.kind is not null)
            || array_agg(distinct 'group ' || d.project_group) filter (where d.project_group is not null) as able
        from document as d group by d.facility_key
    ),
    concerned as (
        select key, array_agg(distinct o.dataset) as held from quality.row_outcome as o, unnest(o.concerns) as key
        where o.dataset in ('environmental_permit', 'eia_decision') and o.release_id = at and o.outcome = 'held'
        group by key
    )
    select
        coalesce(t.able, '{}'),
        coalesce(c.held, '{}') || case when f.is_held then '{facility}' else '{}' end::text[], count(*)
    from release.facility as f
    left join told as t on f.facility_key = t.facility_key
    left join concerned as c on f.facility_key = c.key
    where f.from_release <= at and f.to_release > at
    group by 1, 2;
end
$$;
comment on function checks.facility_profiles(bigint, jsonb) is
'The facilities of a release, counted by what permits and decisions tell of them, and what of that is held.';

create or replace function checks.document_profiles(at bigint, datasets jsonb)
returns table (subject text, able text[], held text[], n bigint)
language plpgsql stable as $$
begin
    if datasets ? 'mineral_licence' then
        return query select
            'LICENCE', array_remove(array[
                case when l.status <> 'UNKNOWN' then 'status' end, case when l.holder_tax_code is not null then 'holder' end,
                case when l.issued_on is not null then 'issued' end
            ], null), case when l.is_held then '{*}' else '{}' end::text[], count(*)
        from release.mineral_licence as l where l.from_release <= at and l.to_release > at group by 2, 3;
    end if;
    if datasets ? 'environmental_permit' then
        return query select
            'PERMIT', case when p.status <> 'UNKNOWN' then '{status}' else '{}' end::text[],
            case when p.is_held then '{*}' else '{}' end::text[], count(*)
        from release.environmental_permit as p where p.from_release <= at and p.to_release > at group by 2, 3;
    end if;
    if datasets ? 'facility' then
        return query select 'FACILITY', f.able, f.held, f.n from checks.facility_profiles(at, datasets) as f;
    end if;
    if datasets ? 'party' then
        return query select
            'ORGANISATION', case when p.organisation_tax_code is not null then '{code}' else '{}' end::text[],
            case when p.is_held then '{*}' else '{}' end::text[], count(*)
        from release.party as p
        where p.kind = 'ORGANISATION' and p.from_release <= at and p.to_release > at group by 2, 3;
    end if;
    return query
    select
        case h.dataset
            when 'mineral_licence' then 'LICENCE' when 'environmental_permit' then 'PERMIT'
            when 'facility' then 'FACILITY' else 'ORGANISATION'
        end,
        '{status,holder,issued,code}'::text[], '{*}'::text[], count(*)
    from release.held as h
    where h.dataset in ('mineral_licence', 'environmental_permit', 'facility', 'party') and h.release_id = at
        and not h.is_served
    group by 1;
end
$$;
comment on function checks.document_profiles(bigint, jsonb) is
'Licences, permits, facilities and organisations of a release, counted by which facts they have, and what is held.';

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
            when 'LICENCE_HOLDER_MATCHES' then 'holder' = any(able)
            when 'LICENCE_AGE' then 'issued' = any(able) and parameters -> 'least_months' <> '{}'
            when 'PERMIT_IN_FORCE' then 'status' = any(able)
            when 'TAX_CODE_VALID' then 'code' = any(able)
            when 'ORGANISATION_KNOWN' then 'code' = any(able)
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
