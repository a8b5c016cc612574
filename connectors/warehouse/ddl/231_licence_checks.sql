-- Checks of mineral licences. A licence is named by its key, or by its number with the day of issue where that is needed.
create or replace function checks.licence_keys(q checks.question) returns text[]
language plpgsql stable as $$
declare
    stated text[];
    stated_on date := checks.day_stated(q.subject, 'licence');
begin
    if q.subject ? 'licence_key' then
        return array[q.subject ->> 'licence_key'];
    end if;
    stated := checks.number_parts(q.subject ->> 'licence_number');
    return (
        select array_agg(l.licence_key) from release.mineral_licence as l
        where l.number = stated[1] and l.symbol = stated[2] and l.issuer = stated[3]
            and coalesce(l.issued_on = stated_on, stated_on is null)
            and l.from_release <= q.release_id and l.to_release > q.release_id
    );
end
$$;
comment on function checks.licence_keys(checks.question) is
'The licences that the subject names, by key or by number; without a day also those whose day is not recorded.';

create or replace function checks.read_licences(q checks.question) returns jsonb
language plpgsql stable as $$
declare
    keys text[] := checks.licence_keys(q);
begin
    return (
        select jsonb_agg(jsonb_build_object(
            'licence_key', l.licence_key, 'number_text', l.number_text, 'issued_on', l.issued_on, 'status', l.status,
            'licence_type', l.licence_type, 'valid_from', l.valid_from, 'valid_to', l.valid_to,
            'replaced_by', l.replaced_by, 'replaced_from', (
                select s.valid_from from release.mineral_licence as s
                where s.licence_key = l.replaced_by and s.from_release <= q.release_id and s.to_release > q.release_id
            ), 'needs_reissue', l.needs_reissue, 'reissue_by', l.reissue_by,
            'mineral_group', l.mineral_group
        ) order by l.licence_key)
        from release.mineral_licence as l
        where l.licence_key = any(keys) and l.from_release <= q.release_id and l.to_release > q.release_id
    );
end
$$;

create or replace function checks.licence(q checks.question, aspect text, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    licences jsonb;
begin
    if not q.subject ?| '{licence_key,licence_number}' then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["licence_key or licence_number"]}');
    end if;
    licences := checks.read_licences(q);
    if licences is null then
        return checks.key_not_found(q, q.subject ->> 'licence_key', 'mineral_licence', checks.found(
            case when q.subject ? 'licence_key' then 'FAIL' else 'UNKNOWN' end, 'LICENCE_NOT_FOUND',
            '{"missing": ["the licence, in the registers that are connected"]}'
        ));
    elsif jsonb_array_length(licences) > 1 then
        perform checks.refuse(
            'several licences have this number', 'licence_number with licence_issued_on, or licence_key',
            'Give the day of issue.'
        );
    end if;
    return case aspect
        when 'in_force' then checks.licence_in_force(licences -> 0, q.asked_on, q.is_before_release)
        when 'type' then checks.licence_type_fits(licences -> 0, parameters)
        when 'reissue' then checks.licence_reissue(licences -> 0, q.asked_on, q.is_before_release)
        when 'age' then checks.licence_age(licences -> 0, q.asked_on, parameters)
        when 'holder' then checks.licence_holder(licences #>> '{0,licence_key}', q)
        when 'covers' then checks.licence_covers_parcels(licences #>> '{0,licence_key}', q)
    end;
end
$$;
comment on function checks.licence(checks.question, text, jsonb) is
'One aspect of the licence named. A key that a connected register does not know is a FAIL; a number may stand in any.';

-- The status is that of the day of the build; on another day the term decides, and the first day of the licence that
-- replaces it. Of a licence that another one replaced since the register does not say from which day.
create or replace function checks.licence_in_force(licence jsonb, on_day date, is_before boolean) returns checks.finding
language plpgsql stable as $$
declare
    status text := licence ->> 'status';
    missing text := case when licence ->> 'replaced_by' is null then 'term or day of issue' else 'the licence that replaces it' end;
begin
    if status in ('IN_FORCE', 'NOT_YET', 'EXPIRED') then
        status := case
            when (licence ->> 'valid_to')::date < on_day then 'EXPIRED'
            when (licence ->> 'valid_from')::date > on_day then 'NOT_YET'
            when status = 'EXPIRED' and not is_before then 'EXPIRED'
            when licence ->> 'valid_from' is null or licence ->> 'valid_to' is null then 'UNKNOWN'
            when licence ->> 'replaced_by' is null or (licence ->> 'replaced_from')::date > on_day then 'IN_FORCE'
            when licence ->> 'replaced_from' is null then 'UNKNOWN'
            else 'REPLACED'
        end;
    elsif status = 'REPLACED' and coalesce((licence ->> 'valid_to')::date >= on_day, true) then
        if (licence ->> 'valid_from')::date > on_day then
            return checks.found('FAIL', 'LICENCE_NOT_YET', licence);
        elsif is_before then
            status := 'UNKNOWN';
            missing := 'the day on which it was replaced';
        elsif licence ->> 'replaced_by' is not null and licence ->> 'replaced_from' is null then
            status := 'UNKNOWN'; -- its successor is held, or has no first day: it may begin later
        end if;
    end if;
    if status = 'IN_FORCE' then
        return checks.found('PASS', 'LICENCE_IN_FORCE', licence);
    elsif status = 'UNKNOWN' then
        return checks.found(
            'UNKNOWN', 'LICENCE_STATUS_UNKNOWN', licence || jsonb_build_object('missing', jsonb_build_array(missing))
        );
    end if;
    return checks.found('FAIL', 'LICENCE_' || status, licence);
end
$$;
comment on function checks.licence_in_force(jsonb, date, boolean) is
'Whether a licence holds on a day; UNKNOWN where its term, or since when another one replaces it, is not on record.';

create or replace function checks.licence_type_fits(licence jsonb, parameters jsonb) returns checks.finding
language plpgsql stable as $$
begin
    if licence ->> 'licence_type' is null then
        return checks.found('UNKNOWN', 'TYPE_NOT_RECORDED', licence || '{"missing": ["the type of the licence"]}');
    elsif parameters -> 'licence_types' ? (licence ->> 'licence_type') then
        return checks.found('PASS', 'TYPE_FITS', licence || parameters);
    end if;
    return checks.found('FAIL', 'TYPE_DIFFERS', licence || parameters);
end
$$;

-- Whether a licence must be issued anew is derived for those that are live on the day of the build, from their day of issue.
create or replace function checks.licence_reissue(licence jsonb, on_day date, is_before boolean) returns checks.finding
language plpgsql stable as $$
declare
    is_needed boolean := (licence ->> 'needs_reissue')::boolean;
begin
    if is_needed is null or (is_needed and licence ->> 'reissue_by' is null) or not is_needed and (
        licence ->> 'status' = 'UNKNOWN' or licence ->> 'issued_on' is null
        or (is_before and licence ->> 'status' not in ('IN_FORCE', 'NOT_YET'))
    ) then
        return checks.found(
            'UNKNOWN', 'REISSUE_NOT_TOLD', licence || '{"missing": ["whether it was live on the day, or its day of issue"]}'
        );
    elsif is_needed and (licence ->> 'reissue_by')::date < on_day then
        return checks.found('FAIL', 'REISSUE_OVERDUE', licence);
    end if;
    return checks.found('PASS', case when is_needed then 'REISSUE_DUE' else 'NO_REISSUE_NEEDED' end, licence);
end
$$;
comment on function checks.licence_reissue(jsonb, date, boolean) is
'The licence need not be issued anew, or the day by which it must be has not passed.';

-- Whole months since the day of issue, as terms are counted; a day of issue that the number does not say is none.
create or replace function checks.licence_age(licence jsonb, on_day date, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    issued_on date := (licence ->> 'issued_on')::date;
    least integer := (parameters #>> array['least_months', licence ->> 'licence_type'])::integer;
    months integer;
    evidence jsonb;
begin
    months := extract(year from age(on_day, issued_on)) * 12 + extract(month from age(on_day, issued_on));
    evidence := jsonb_build_object(
        'licence_key', licence -> 'licence_key', 'licence_type', licence -> 'licence_type', 'issued_on', issued_on,
        'age_months', months, 'least_months', least, 'is_confirmed', parameters -> 'is_confirmed'
    );
    if issued_on is null then
        return checks.found('UNKNOWN', 'DAY_OF_ISSUE_NOT_KNOWN', evidence || '{"missing": ["the day of issue"]}');
    elsif least is null then
        return checks.found('UNKNOWN', 'LIMIT_NOT_LOADED', evidence || '{"missing": ["least age of this type of licence"]}');
    elsif months < least then
        return checks.found('FAIL', 'LICENCE_TOO_YOUNG', evidence);
    end if;
    return checks.found('PASS', 'LICENCE_OLD_ENOUGH', evidence);
end
$$;
comment on function checks.licence_age(jsonb, date, jsonb) is
'The licence was issued at least so many months before the day of the question. No law that was seen states how many.';

create or replace function checks.licence_holder(key text, q checks.question) returns checks.finding
language plpgsql stable as $$
declare
    holder text;
    applicant text := checks.tax_code_of(q.subject ->> 'organisation_tax_code');
begin
    if applicant is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["organisation_tax_code"]}');
    end if;
    select l.holder_tax_code into holder from release.mineral_licence as l
    where l.licence_key = key and l.from_release <= q.release_id and l.to_release > q.release_id;
    if holder is null then
        return checks.found('UNKNOWN', 'HOLDER_NOT_RECORDED', '{"missing": ["the tax code of the holder"]}');
    elsif holder = applicant then
        return checks.found('PASS', 'HOLDER_MATCHES', jsonb_build_object('licence_key', key));
    elsif left(holder, 10) = left(applicant, 10) then -- a branch bears the code of its company, and three digits
        return checks.found('UNKNOWN', 'HOLDER_IS_BRANCH', jsonb_build_object(
            'licence_key', key, 'missing', '["whether the branch acts for its company"]'::jsonb
        ));
    end if;
    return checks.found('FAIL', 'HOLDER_DIFFERS', jsonb_build_object('licence_key', key));
end
$$;
comment on function checks.licence_holder(text, checks.question) is 'The organisation that applies holds the licence.';

create or replace function checks.licence_covers_parcels(key text, q checks.question) returns checks.finding
language plpgsql stable as $$
declare
    outside text[];
    licence_area geometry;
begin
    if q.parcels is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["known parcels"]}');
    end if;
    select l.geom into licence_area from release.mineral_licence as l
    where l.licence_key = key and l.from_release <= q.release_id and l.to_release > q.release_id;
    if licence_area is null then
        return checks.found('UNKNOWN', 'LICENCE_AREA_NOT_KNOWN', '{"missing": ["the corners of the licence"]}');
    end if;
    -- What the overlay calls INSIDE may stick out by its tolerance, as surveys of the same line do.
    select array_agg(k) into outside from unnest(q.parcel_keys) as k
    where not exists (
        select from release.parcel_constraint as c
        where c.parcel_key = k and c.constraint_dataset = 'mineral_licence' and c.constraint_key = key
            and c.relation = 'INSIDE' and c.from_release <= q.release_id and c.to_release > q.release_id
    ) and not exists (
        select from release.land_parcel as p
        where p.parcel_key = k and p.from_release <= q.release_id and p.to_release > q.release_id
            and st_covers(licence_area, p.geom)
    );
    if outside is null then
        return checks.found('PASS', 'LICENCE_COVERS', jsonb_build_object('licence_key', key));
    elsif not exists (
        select from release.land_parcel as p
        where p.parcel_key = any(outside) and p.geom is not null
            and p.from_release <= q.release_id and p.to_release > q.release_id
    ) then
        return checks.found('UNKNOWN', 'PARCEL_AREA_NOT_KNOWN', jsonb_build_object(
            'licence_key', key, 'parcel_keys', outside, 'missing', '["the boundary of the parcel"]'::jsonb
        ));
    end if;
    return checks.found('FAIL', 'LICENCE_DOES_NOT_COVER', jsonb_build_object('licence_key', key, 'parcel_keys', outside));
end
$$;
comment on function checks.licence_covers_parcels(text, checks.question) is
'Every parcel named lies within the licence, up to the tolerance of the overlay.';
