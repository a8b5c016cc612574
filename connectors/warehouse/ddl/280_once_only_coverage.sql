-- What the data can answer, for the reports of the ministry (Decree 224/2026, article 19). Counted over everything that
-- could be asked, not over calls: a count of calls would make a question write, and would measure who asks instead of
-- what the state knows. Calls are counted where they arrive, by the HTTP face (/v1/metrics).
create or replace function checks.parcel_profiles(at bigint, datasets jsonb)
returns table (covering text[], able text[], held text[], n bigint)
language plpgsql stable as $$
declare
    none text := 'select null::text as parcel_key';
    uses text := case when datasets ? 'land_parcel_use' then 'select distinct parcel_key from release.land_parcel_use
        where from_release <= $1 and to_release > $1 and land_use_code is not null' else none || ' where false' end;
    rights text := case when datasets ? 'land_right' then 'select distinct parcel_key from release.land_right
        where from_release <= $1 and to_release > $1' else none || ' where false' end;
    -- As 223_right_checks.sql reads them; only of parcels with a right that has ended, is doubtful or names nobody.
    doubts text := case when datasets ? 'land_right' then '
        select
            r.parcel_key,
            coalesce(bool_and(r.party_key is not null) filter (where checks.right_state(r.status) = ''LIVE''), false)
            and not bool_or(checks.right_state(r.status) = ''DOUBTFUL'') as is_holder_known,
            coalesce(bool_and(checks.right_state(r.status) <> ''LIVE'') filter (where r.right_type = ''LEASE''), false)
                as is_lease_in_doubt,
            bool_or(r.certificate_serial is not null and checks.right_state(r.status) = ''DOUBTFUL'')
            and not bool_or(r.certificate_serial is not null and r.status is not distinct from ''IN_FORCE'')
                as is_certificate_in_doubt
        from release.land_right as r
        inner join (
            select distinct parcel_key from release.land_right
            where from_release <= $1 and to_release > $1
                and (checks.right_state(status) <> ''LIVE'' or party_key is null)
        ) as odd on r.parcel_key = odd.parcel_key
        where r.from_release <= $1 and r.to_release > $1
        group by r.parcel_key'
        else none || ', true as is_holder_known, false as is_lease_in_doubt, false as is_certificate_in_doubt where false'
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
                case when rights.parcel_key is not null then 'land_right' end,
                case when rights.parcel_key is not null and doubts.is_holder_known is not false then 'holder' end,
                case when doubts.is_lease_in_doubt is not true then 'lease' end,
                case when doubts.is_certificate_in_doubt is not true then 'certificate' end
            ], null),
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
    ) using at;
    return query
    select '{}'::text[], '{}'::text[], '{*}'::text[], count(*) from release.held as h
    where h.dataset = 'land_parcel' and h.release_id = at and not h.is_served
    having count(*) > 0;
end
$$;
comment on function checks.parcel_profiles(bigint, jsonb) is
'The parcels of a release, counted by which datasets speak for their place, which facts they have, and what is held.';

create or replace function checks.document_profiles(at bigint, datasets jsonb)
returns table (subject text, is_known boolean, is_held boolean, n bigint)
language plpgsql stable as $$
begin
    if datasets ? 'mineral_licence' then
        return query select 'LICENCE', l.status <> 'UNKNOWN', l.is_held, count(*) from release.mineral_licence as l
        where l.from_release <= at and l.to_release > at group by 2, 3;
    end if;
    if datasets ? 'environmental_permit' then
        return query select 'PERMIT', p.status <> 'UNKNOWN', p.is_held, count(*) from release.environmental_permit as p
        where p.from_release <= at and p.to_release > at group by 2, 3;
    end if;
    if datasets ? 'facility' then
        return query select 'FACILITY', true, f.is_held, count(*) from release.facility as f
        where f.from_release <= at and f.to_release > at group by 3;
    end if;
    if datasets ? 'party' then
        return query select 'ORGANISATION', p.organisation_tax_code is not null, p.is_held, count(*) from release.party as p
        where p.kind = 'ORGANISATION' and p.from_release <= at and p.to_release > at group by 2, 3;
    end if;
    return query
    select
        case h.dataset
            when 'mineral_licence' then 'LICENCE' when 'environmental_permit' then 'PERMIT'
            when 'facility' then 'FACILITY' else 'ORGANISATION'
        end,
        true, true, count(*)
    from release.held as h
    where h.dataset in ('mineral_licence', 'environmental_permit', 'facility', 'party') and h.release_id = at
        and not h.is_served
    group by 1;
end
$$;
comment on function checks.document_profiles(bigint, jsonb) is
'Licences, permits, facilities and organisations of a release, counted by whether their state is known and is held.';

create or replace function checks.sector_subject(subject text, sector text) returns text
language sql immutable as $$
    select case
        when subject in ('PARCEL', 'PARCEL_NAMED', 'PLACE', 'COMMUNE', 'CERTIFICATE') then 'PARCEL'
        when subject in ('LICENCE', 'PERMIT', 'FACILITY', 'ORGANISATION') then subject
        when subject = 'PROJECT' or sector = 'ENVIRONMENT' then 'FACILITY'
        when sector = 'MINERAL' then 'LICENCE'
        else 'PARCEL'
    end
$$;
comment on function checks.sector_subject(text, text) is
'What a check is counted over: its subject, else what the procedures of the sector are about.';

do $$
begin
    if to_regtype('shared.once_only_count') is null then
        create type shared.once_only_count as (
            release_id bigint,
            procedure_code text,
            check_code text,
            counted_over text,
            n_subjects bigint,
            answered bigint,
            unknown bigint,
            held bigint,
            stale bigint,
            answered_share numeric,
            unknown_rate numeric,
            freshness_hours numeric,
            n_components bigint,
            n_components_replaced bigint,
            share_of_components_replaced_by_data numeric
        );
    end if;
end
$$;

create or replace function shared.once_only_coverage_at(release_id bigint default null)
returns setof shared.once_only_count
language plpgsql stable security definer rows 200
set search_path = pg_catalog, public, pg_temp
set jit = off as $$
declare
    at bigint := checks.release_asked($1);
    asked_at timestamptz := checks.moment_asked('{}', at);
    published jsonb;
    too_old text[];
begin
    select
        jsonb_object_agg(d.dataset, d.source_as_of),
        array_agg(d.dataset) filter (where asked_at - d.source_as_of > d.max_age)
    into published, too_old
    from release.dataset_release as d where d.release_id = at;
    if not published ?&
        '{procedure,procedure_requirement,procedure_component,land_parcel,administrative_unit,dataset_coverage}'
    then
        perform checks.refuse(
            format('release %s lacks the datasets that coverage is counted over', at),
            'a release with procedure, procedure_requirement, procedure_component, dataset_coverage, land_parcel, '
            'administrative_unit', 'See shared.dataset_status.'
        );
    end if;
    return query
    with need as (
        select r.*, checks.sector_subject(r.subject, p.sector) as counted_over
        from release.procedure_requirement as r
        inner join release.procedure as p on r.procedure_code = p.procedure_code
        where r.from_release <= at and r.to_release > at and p.from_release <= at and p.to_release > at
            and r.valid_from <= asked_at::date and (r.valid_to is null or r.valid_to >= asked_at::date)
            and p.valid_from <= asked_at::date and (p.valid_to is null or p.valid_to >= asked_at::date)
    ),
    profile as materialized (
        select 'PARCEL' as subject, p.covering, p.able, p.held, true as is_known, p.n
        from checks.parcel_profiles(at, published) as p
        union all
        select d.subject, null, null, case when d.is_held then array['*'] else '{}' end, d.is_known, d.n
        from checks.document_profiles(at, published) as d
    ),
    judged as (
        select
            need.procedure_code, need.check_code, need.seq, need.counted_over, need.datasets, profile.n,
            case
                when profile.n is null then 'none'
                when not need.is_connected or not published ?& need.datasets then 'unknown'
                when profile.held && (need.datasets || '{*}') then 'held'
                when not profile.is_known then 'unknown'
                when profile.subject = 'PARCEL' and not need.place_datasets <@ profile.covering then 'unknown'
                when profile.subject = 'PARCEL' and need.datasets && '{land_parcel_use}'
                    and not profile.able && '{land_parcel_use}' then 'unknown'
                when profile.subject = 'PARCEL' and need.datasets && '{land_right}' and not profile.able && '{land_right}'
                    and need.check_code not in ('NO_CURRENT_CERTIFICATE', 'LEASE_REGISTERED') then 'unknown'
                when need.check_code in ('SAME_HOLDER', 'HOLDER_MATCHES') and not profile.able && '{holder}' then 'unknown'
                when need.check_code = 'LEASE_REGISTERED' and not profile.able && '{lease}' then 'unknown'
                when
                    need.check_code in ('CERTIFICATE_IN_FORCE', 'CERTIFICATE_COVERS_PARCEL', 'NO_CURRENT_CERTIFICATE')
                    and not profile.able && '{certificate}' then 'unknown'
                when need.check_code = 'NEW_LOTS_LARGE_ENOUGH' and need.parameters -> 'least_area_m2' = '{}' then 'unknown'
                when need.check_code = 'LICENCE_AGE' and need.parameters -> 'least_months' = '{}' then 'unknown'
                when need.check_code in ('PARCEL_AREA_MATCHES', 'AREA_GAINED') and not profile.able && '{area}' then 'unknown'
                when need.datasets && too_old then 'stale'
                else 'answered'
            end as outcome
        from need
        left join profile on need.counted_over = profile.subject
    ),
    counted as (
        select
            j.procedure_code, j.check_code, j.seq, j.counted_over, j.datasets,
            coalesce(sum(j.n), 0)::bigint as n_subjects,
            coalesce(sum(j.n) filter (where j.outcome = 'answered'), 0)::bigint as answered,
            coalesce(sum(j.n) filter (where j.outcome = 'unknown'), 0)::bigint as unknown,
            coalesce(sum(j.n) filter (where j.outcome = 'held'), 0)::bigint as held,
            coalesce(sum(j.n) filter (where j.outcome = 'stale'), 0)::bigint as stale
        from judged as j
        group by j.procedure_code, j.check_code, j.seq, j.counted_over, j.datasets
    ),
    component as (
        select
            c.procedure_code,
            case
                when cardinality(c.check_codes) = 0 then 0
                else coalesce((
                    select min(k.answered::numeric / nullif(k.n_subjects, 0)) from counted as k
                    where k.procedure_code = c.procedure_code and k.check_code = any(c.check_codes)
                ), 0)
            end as replaced_share
        from release.procedure_component as c
        where c.from_release <= at and c.to_release > at
            and c.valid_from <= asked_at::date and (c.valid_to is null or c.valid_to >= asked_at::date)
    ),
    replaced as (
        select
            c.procedure_code, count(*) as n_components, count(*) filter (where c.replaced_share > 0) as n_replaced,
            round(avg(c.replaced_share), 4) as share
        from component as c
        group by c.procedure_code
    )
    select
        at, k.procedure_code, k.check_code, k.counted_over, k.n_subjects, k.answered, k.unknown, k.held, k.stale,
        round(k.answered::numeric / nullif(k.n_subjects, 0), 4), round(k.unknown::numeric / nullif(k.n_subjects, 0), 4),
        (
            select round((extract(epoch from asked_at - min((published ->> d)::timestamptz)) / 3600)::numeric, 1)
            from unnest(k.datasets) as d
        ),
        coalesce(r.n_components, 0), coalesce(r.n_replaced, 0), coalesce(r.share, 0)
    from counted as k
    left join replaced as r on k.procedure_code = r.procedure_code
    order by k.procedure_code, k.seq;
end
$$;
comment on function shared.once_only_coverage_at(bigint) is
'Coverage of the once-only principle in a kept release; the one in service without argument. Takes about a second.';

create or replace view shared.once_only_coverage as
select
    c.release_id,
    c.procedure_code,
    c.check_code,
    c.counted_over,
    c.n_subjects,
    c.answered,
    c.unknown,
    c.held,
    c.stale,
    c.answered_share,
    c.unknown_rate,
    c.freshness_hours,
    c.n_components,
    c.n_components_replaced,
    c.share_of_components_replaced_by_data
from shared.once_only_coverage_at(null) as c;
comment on view shared.once_only_coverage is
'Mức độ dữ liệu thay thế thành phần hồ sơ. / For each procedure and check: of all subjects that could be asked about, how
many are answered, unknown, held or stale, and the share of dossier components that data replaces (mean over components of
the share of subjects for which all its checks are answered).';
revoke execute on function shared.once_only_coverage_at(bigint) from public;
grant execute on function shared.once_only_coverage_at(bigint) to procedure_reader, auditor_reader, lt_publisher;
grant select on shared.once_only_coverage to procedure_reader, auditor_reader, lt_publisher;
