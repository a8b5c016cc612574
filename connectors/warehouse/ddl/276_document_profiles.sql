-- What a release could answer about facilities, permits, licences and organisations, as 275 says it of parcels: by the same
-- functions that answer a question, on the day of the release.
create or replace function checks.day_counted(at bigint) returns date
language sql stable as $$
    select (checks.moment_asked('{}', at) at time zone 'Asia/Ho_Chi_Minh')::date
$$;
comment on function checks.day_counted(bigint) is 'The day of which the coverage of a release speaks.';

-- What is on record about a facility decides whether its group, its permits and its decisions can be told.
create or replace function checks.facility_profiles(at bigint, datasets jsonb)
returns table (able text[], held text[], n bigint)
language plpgsql stable as $$
declare
    today date := checks.day_counted(at);
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
            case (checks.permit_in_force(checks.permit_facts(to_jsonb(p)), today, false)).result
                when 'PASS' then 'permit' when 'UNKNOWN' then 'doubt'
            end as kind
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
        select substr(name, length('facility:') + 1) as key, array_agg(distinct o.dataset) as held
        from quality.row_outcome as o, unnest(o.concerns) as name
        where starts_with(name, 'facility:') and o.dataset in ('environmental_permit', 'eia_decision') and o.release_id = at and o.outcome = 'held'
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

-- An organisation is known by any good record that bears its code, and its code is well formed whatever is held (241).
create or replace function checks.organisation_profiles(at bigint, datasets jsonb)
returns table (able text[], held text[], n bigint)
language plpgsql stable as $$
begin
    if not datasets ?& '{mineral_licence,facility}' then
        return query select
            case when p.organisation_tax_code is not null then '{code}' else '{}' end::text[], '{}'::text[], count(*)
        from release.party as p where p.kind = 'ORGANISATION' and p.from_release <= at and p.to_release > at group by 1;
        return;
    end if;
    return query
    with good as (
        select p.organisation_tax_code as code from release.party as p
        where not p.is_held and p.from_release <= at and p.to_release > at
        union
        select l.holder_tax_code from release.mineral_licence as l
        where not l.is_held and l.from_release <= at and l.to_release > at
        union
        select f.operator_tax_code from release.facility as f
        where not f.is_held and f.from_release <= at and f.to_release > at
    ),
    doubtful as (
        select distinct regexp_replace(name, '^holder:', '') as code
        from quality.row_outcome as o, unnest(o.concerns) as name
        where o.dataset in ('party', 'mineral_licence', 'facility') and o.release_id = at and o.outcome = 'held'
    )
    select
        array_remove(array[
            case when p.organisation_tax_code is not null then 'code' end, case when good.code is not null then 'known' end
        ], null),
        case when good.code is null and doubtful.code is not null then '{party}' else '{}' end::text[], count(*)
    from release.party as p
    left join good on p.organisation_tax_code = good.code
    left join doubtful on p.organisation_tax_code = doubtful.code
    where p.kind = 'ORGANISATION' and p.from_release <= at and p.to_release > at
    group by 1, 2;
end
$$;
comment on function checks.organisation_profiles(bigint, jsonb) is
'The organisations of a release, counted by whether they have a code, a good record bears it, or only held ones.';

create or replace function checks.document_profiles(at bigint, datasets jsonb)
returns table (subject text, able text[], held text[], n bigint)
language plpgsql stable as $$
declare
    today date := checks.day_counted(at);
begin
    if datasets ? 'mineral_licence' then
        return query
        with licence as (
            select
                l.is_held, l.holder_tax_code, l.issued_on, l.licence_type, jsonb_build_object(
                    'status', l.status, 'valid_from', l.valid_from, 'valid_to', l.valid_to, 'issued_on', l.issued_on,
                    'replaced_by', l.replaced_by, 'replaced_from', s.valid_from, 'needs_reissue', l.needs_reissue,
                    'reissue_by', l.reissue_by
                ) as facts
            from release.mineral_licence as l
            left join release.mineral_licence as s
                on l.replaced_by = s.licence_key and s.from_release <= at and s.to_release > at
            where l.from_release <= at and l.to_release > at
        )
        select
            'LICENCE', array_remove(array[
                case when (checks.licence_in_force(l.facts, today, false)).result <> 'UNKNOWN' then 'status' end,
                case when (checks.licence_reissue(l.facts, today, false)).result <> 'UNKNOWN' then 'reissue' end,
                case when l.holder_tax_code is not null then 'holder' end,
                case when l.issued_on is not null then 'issued' end, case when l.licence_type is not null then 'type' end
            ], null), case when l.is_held then '{*}' else '{}' end::text[], count(*)
        from licence as l group by 2, 3;
    end if;
    if datasets ? 'environmental_permit' then
        return query
        with concerned as ( -- what a held permit says that it replaces
            select distinct name from quality.row_outcome as o, unnest(o.concerns) as name
            where o.dataset = 'environmental_permit' and o.release_id = at and o.outcome = 'held'
        ),
        permit as (
            select p.is_held or c.name is not null as is_held, checks.permit_facts(to_jsonb(p)) as facts
            from release.environmental_permit as p
            left join concerned as c on 'environmental_permit:' || p.permit_key = c.name
            where p.from_release <= at and p.to_release > at
        )
        select
            'PERMIT', array_remove(array[
                case when (checks.permit_in_force(p.facts, today, false)).result <> 'UNKNOWN' then 'status' end,
                case when (checks.permit_not_replaced(p.facts, false)).result <> 'UNKNOWN' then 'replacement' end
            ], null), case when p.is_held then '{*}' else '{}' end::text[], count(*)
        from permit as p group by 2, 3;
    end if;
    if datasets ? 'facility' then
        return query select 'FACILITY', f.able, f.held, f.n from checks.facility_profiles(at, datasets) as f;
    end if;
    if datasets ? 'party' then
        return query select 'ORGANISATION', o.able, o.held, o.n from checks.organisation_profiles(at, datasets) as o;
    end if;
    return query
    select
        case h.dataset
            when 'mineral_licence' then 'LICENCE' when 'environmental_permit' then 'PERMIT'
            when 'facility' then 'FACILITY' else 'ORGANISATION'
        end,
        '{status,reissue,replacement,holder,issued,type,code,known}'::text[],
        case h.dataset when 'party' then '{party}' else '{*}' end::text[], count(*)
    from release.held as h
    where h.dataset in ('mineral_licence', 'environmental_permit', 'facility', 'party') and h.release_id = at
        and not h.is_served
    group by 1, 3;
end
$$;
comment on function checks.document_profiles(bigint, jsonb) is
'Licences, permits, facilities and organisations of a release, counted by which facts they have, and what is held.';
