-- What the checks hand to each other, and the one way in which they refuse a question.
create type checks.question as (
    release_id bigint,
    asked_at timestamptz,
    asked_on date,
    is_before_release boolean, -- asked of a day before that of the release: what the data say of today was not yet so
    built_on date, -- the day of which the data say what is in force
    max_age interval,
    subject jsonb,
    datasets jsonb, -- dataset: {as_of, max_age} of the release
    stale text [], -- those whose oldest source is too old
    names text [], -- everything by which the subject may be held
    parcel_keys text [], -- of the parcels named, as far as they are known
    parcels jsonb, -- their rows, without geometry
    n_parcels integer, -- how many were named
    places text [], -- where the subject lies: province/commune of today, as far as they are known
    covering text [], -- datasets that speak for all of these places
    shape_places text [], -- where the shape lies that is given beside known parcels
    shape_covering text [], -- datasets that speak for all of that
    restrictions jsonb, -- in force on these parcels
    held jsonb, -- held records that concern the subject
    geom geometry,
    held_here jsonb, -- held records at the place, parcels apart; null until a check of a place is asked
    lies_here jsonb -- what lies over the place; null until a check asks
);
comment on type checks.question is 'A question read, with what most checks need of it.';

create type checks.finding as (result text, reason_code text, evidence jsonb);
comment on type checks.finding is 'What one check found: PASS, FAIL, HELD or UNKNOWN, why, and on what evidence.';

create or replace function checks.found(result text, reason_code text, evidence jsonb) returns checks.finding
language plpgsql immutable as $$
begin
    return row(result, reason_code, evidence);
end
$$;

create or replace function checks.refuse(problem text, accepted text, next_step text) returns void
language plpgsql as $$
begin
    raise exception using
        errcode = 'invalid_parameter_value', message = problem, detail = 'Accepted: ' || accepted || '.', hint = next_step;
end
$$;
comment on function checks.refuse(text, text, text) is
'Ends the question with an error that says what was found, what is accepted, and what to do. Never quotes a tax code.';

create or replace function checks.release_asked(asked bigint) returns bigint
language plpgsql stable as $$
declare
    current_release bigint := (select p.release_id from release.pointer as p);
begin
    if current_release is null then
        perform checks.refuse('nothing is published yet', 'a question after the first release', 'Run a release first.');
    end if;
    return case when asked is null or asked = current_release then current_release else shared.kept_release(asked) end;
end
$$;
comment on function checks.release_asked(bigint) is 'The release to answer from: the one in service, or the one asked for.';

-- The answer given then: a release that is no longer in service is judged by the day on which it was published, because
-- terms that ended and sources that aged since were not known to it.
create or replace function checks.moment_asked(subject jsonb, at bigint) returns timestamptz
language plpgsql stable as $$
declare
    asked_at timestamptz := (subject ->> 'asked_at')::timestamptz;
begin
    if asked_at is not null then
        return asked_at;
    end if;
    if at = (select p.release_id from release.pointer as p) then
        return now();
    end if;
    return (select r.published_at from release.release as r where r.release_id = at);
end
$$;
create or replace function checks.is_before_release(on_day date, at bigint) returns boolean
language plpgsql stable as $$
begin
    return on_day < (
        select (coalesce(r.published_at, now()) at time zone 'Asia/Ho_Chi_Minh')::date
        from release.release as r where r.release_id = at
    );
end
$$;
comment on function checks.is_before_release(date, bigint) is
'Whether a day lies before that on which the release was published: what was in force then only dates can tell.';
create or replace function checks.built_on(at bigint) returns date
language plpgsql stable as $$
begin
    return (
        select coalesce(
            (r.fingerprint ->> 'today')::date, (coalesce(r.published_at, now()) at time zone 'Asia/Ho_Chi_Minh')::date
        )
        from release.release as r where r.release_id = at
    );
end
$$;
comment on function checks.built_on(bigint) is
'The day on which the release was built: status and overlap in its data are of that day, whenever it was published.';
comment on function checks.moment_asked(jsonb, bigint) is
'When the question counts as asked: as the caller says, else now, and for a past release when that was published.';
