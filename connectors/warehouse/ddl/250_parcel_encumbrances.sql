-- "Is this parcel free?" as one call. The answer is never empty, because an empty answer is what a mistake looks like too.
do $$
begin
    if to_regtype('shared.parcel_encumbrance') is null then
        create type shared.parcel_encumbrance as (
            parcel_key text,
            answer text,
            kind text,
            subject_type text,
            authority text,
            since date,
            is_held boolean,
            record_key text,
            reason text,
            source_as_of timestamptz,
            release_id bigint
        );
    end if;
end
$$;
comment on type shared.parcel_encumbrance is
'answer ENCUMBERED: one row per seizure, block, mortgage or dispute in force that reaches the parcel. HELD: one row per
record that is held back, the parcel itself, a right in it or a restriction that reaches it: nothing follows from it.
UNKNOWN: the one row that says why nothing is known. STALE: what would be ENCUMBERED (with its kind) or FREE (without), from
a source older than its contract allows; reason says which. FREE: the one row of a parcel that is known, covered and reached
by none of these, through its rights neither: of a parcel without a recorded right nobody can tell, so that it is UNKNOWN.';

create or replace function shared.parcel_encumbrances(parcel_key text, release_id bigint default null)
returns setof shared.parcel_encumbrance
language plpgsql stable security definer set search_path = pg_catalog, public set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
    asked alias for $1;
    at bigint := checks.release_asked($2);
    q checks.question;
    asked_at timestamptz := checks.moment_asked('{}', at);
    on_day date := (asked_at at time zone 'Asia/Ho_Chi_Minh')::date;
    commune text;
    is_told boolean; -- which places the datasets speak for
    as_of timestamptz;
    too_old text; -- which source, and since when
    is_flagged boolean;
    is_last_good boolean := false;
    is_known boolean;
    unknown_because text;
    n_found bigint;
    n_more bigint;
begin
    if asked is null or asked !~ '^[a-z][a-z0-9_]*:[^[:space:]]+$' then
        raise exception 'parcel_encumbrances was asked for %', coalesce(quote_literal(left(asked, 60)), 'null')
            using errcode = 'invalid_parameter_value',
            detail = 'Accepted: the key of a parcel, <system>:<id>.',
            hint = 'For example land_registry:1000018; search shared.land_parcel by commune, sheet and number for the key.';
    end if;

    select
        min(d.source_as_of) filter (where d.dataset = 'land_restriction'),
        string_agg(
            format(
                'the source of %s is of %s, older than the %s hours of its contract', d.dataset,
                to_char(d.source_as_of at time zone 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD HH24:MI'),
                round(extract(epoch from d.max_age) / 3600)
            ), '; ' order by d.dataset
        ) filter (where asked_at - d.source_as_of > d.max_age)
    into as_of, too_old
    from checks.dataset_ages(at) as d where d.dataset in ('land_parcel', 'land_restriction');

    select v.is_disputed, v.is_held, v.commune_code into is_flagged, is_last_good, commune
    from release.land_parcel as v
    where v.parcel_key = asked and v.from_release <= at and v.to_release > at;
    is_known := found;

    return query
    select
        asked, case when too_old is null then 'ENCUMBERED' else 'STALE' end, r.kind, r.subject_type, r.authority,
        r.valid_from, r.is_held, r.restriction_key, too_old, as_of, at
    from release.land_restriction as r
    where r.parcel_keys @> array[asked] and r.is_active
        and checks.is_in_force(r.kind, r.valid_from, r.valid_to, on_day) and r.from_release <= at and r.to_release > at
    order by r.valid_from, r.restriction_key;
    get diagnostics n_found = row_count;

    -- the flag of the register counts as well: the dispute behind it may not be on record yet
    if is_flagged then
        select count(*) into n_more
        from release.land_restriction as r
        where r.parcel_keys @> array[asked] and r.is_active and r.kind = 'DISPUTE'
            and checks.is_in_force(r.kind, r.valid_from, r.valid_to, on_day) and r.from_release <= at
            and r.to_release > at;
        if n_more = 0 then
            n_found := n_found + 1;
            return next (
                asked, case when too_old is null then 'ENCUMBERED' else 'STALE' end, 'DISPUTE', 'PARCEL', null, null, false,
                asked, concat_ws('; ', 'the register flags the parcel as disputed', too_old), as_of, at
            )::shared.parcel_encumbrance;
        end if;
    end if;

    -- held records; not one that was counted above by its last good version: lifted in that, it is in doubt none the less
    return query
    select
        asked, 'HELD', null::text, null::text, o.custodian, o.first_seen_at::date, true, o.record_key,
        'held for ' || array_to_string(o.rule_ids, ', '), as_of, at
    from quality.row_outcome as o
    inner join release.held as h
        on o.dataset = h.dataset and o.release_id = h.release_id and o.record_key = h.record_key
    where o.outcome = 'held' and o.release_id = at
        and array_append(o.concerns, o.dataset || ':' || o.record_key) @> array['land_parcel:' || asked]
        and case o.dataset
            when 'land_parcel' then o.record_key = asked and not h.is_served
            -- a block on its holder or certificate reaches the parcel by a right
            when 'land_right' then is_known and not h.is_served
            when 'land_restriction' then not h.is_served or not exists (
                select from release.land_restriction as r
                where r.restriction_key = o.record_key and r.parcel_keys @> array[asked] and r.is_active
                    and checks.is_in_force(r.kind, r.valid_from, r.valid_to, on_day) and r.from_release <= at
                    and r.to_release > at
            )
            else false
        end
    order by o.dataset, o.record_key;
    get diagnostics n_more = row_count;
    n_found := n_found + n_more;

    if n_found > 0 then
        return;
    end if;
    select count(*) = 2 into is_told from release.dataset_release as d
    where d.dataset in ('dataset_coverage', 'administrative_unit') and d.release_id = at;
    if is_told then
        q.release_id := at;
        q.asked_on := on_day;
        q.parcels := jsonb_build_array(jsonb_build_object('parcel_key', asked));
        q.places := checks.places_of_communes(array[commune], at);
        q.covering := checks.covering(q, q.places);
    end if;
    unknown_because := case
        when not is_known then 'no parcel of this key in the release'
        when as_of is null then 'restrictions are not part of the release'
        when not is_told then 'dataset_coverage or administrative_unit is not part of the release'
        when checks.is_uncovered(q, '{land_restriction}')
            then 'not covered: ' || (checks.not_covered(q, '{land_restriction}') ->> 0)
        when not exists (
            select from release.dataset_release as d where d.dataset = 'land_right' and d.release_id = at
        ) then 'rights are not part of the release'
        when not exists (
            select from release.land_right as r
            where r.parcel_key = asked and r.from_release <= at and r.to_release > at
        ) then 'no right is recorded, by which a block on a person or certificate would reach the parcel'
    end;
    return next (
        asked, case when unknown_because is not null then 'UNKNOWN' when too_old is not null then 'STALE' else 'FREE' end,
        null, null, null, null, is_last_good, null, coalesce(unknown_because, too_old), as_of, at
    )::shared.parcel_encumbrance;
end
$$;
comment on function shared.parcel_encumbrances(text, bigint) is
'Thửa đất có đang bị ràng buộc không? / What burdens a parcel, in the release in service or the one asked for: never an
empty answer. A malformed key or a release that is not kept is an error.';
revoke execute on function shared.parcel_encumbrances(text, bigint) from public;
grant execute on function shared.parcel_encumbrances(text, bigint) to procedure_reader, auditor_reader, lt_publisher;
