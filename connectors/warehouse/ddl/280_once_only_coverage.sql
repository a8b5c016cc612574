-- What the data can answer, for the reports of the ministry (Decree 224/2026, article 19). Counted over everything that
-- could be asked, not over calls: a count of calls would make a question write, and would measure who asks instead of
-- what the state knows. Calls are counted where they arrive, by the HTTP face (/v1/metrics).
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
        select 'PARCEL' as subject, p.covering, p.able, p.held, p.n from checks.parcel_profiles(at, published) as p
        union all
        select d.subject, null, d.able, d.held, d.n from checks.document_profiles(at, published) as d
    ),
    judged as (
        select
            need.procedure_code, need.check_code, need.seq, need.counted_over, need.datasets, profile.n,
            case
                when profile.n is null then 'none'
                when not need.is_connected or not published ?& need.datasets then 'unknown'
                when gap.kind = 'held' then 'held'
                when profile.subject = 'PARCEL' and not need.place_datasets <@ profile.covering then 'unknown'
                when gap.kind = 'unknown' then 'unknown'
                when need.datasets && too_old then 'stale'
                else 'answered'
            end as outcome
        from need
        left join profile on need.counted_over = profile.subject
        left join lateral checks.gap_of(
            need.check_code, need.subject, need.datasets, need.parameters, profile.able, profile.held
        ) as gap (kind) on true
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
the share of subjects for which all its checks are answered). What is held near a place (110 m, 1.1 km) is not counted.';
revoke execute on function shared.once_only_coverage_at(bigint) from public;
grant execute on function shared.once_only_coverage_at(bigint) to procedure_reader, auditor_reader, lt_publisher;
grant select on shared.once_only_coverage to procedure_reader, auditor_reader, lt_publisher;
