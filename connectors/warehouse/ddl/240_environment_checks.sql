-- Checks of environmental permits, decisions on environmental impact (ĐTM), and facilities.
create or replace function checks.permit_keys(q checks.question) returns text[]
language plpgsql stable as $$
declare
    stated text[];
    stated_on date := checks.day_stated(q.subject, 'permit');
begin
    if q.subject ? 'permit_key' then
        return array[q.subject ->> 'permit_key'];
    end if;
    stated := checks.number_parts(q.subject ->> 'permit_number');
    return (
        select array_agg(p.permit_key) from release.environmental_permit as p
        where p.number = stated[1] and p.symbol = stated[2] and p.issuer = stated[3]
            and coalesce(p.issued_on = stated_on, stated_on is null)
            and p.from_release <= q.release_id and p.to_release > q.release_id
    );
end
$$;
comment on function checks.permit_keys(checks.question) is
'The permits that the subject names, by key or by number; without a day also those whose day is not recorded.';

-- From the row as a whole: a release made before a column was added is still read.
create or replace function checks.permit_facts(permit jsonb) returns jsonb
language sql immutable as $$
    select jsonb_build_object(
        'permit_key', permit -> 'permit_key', 'number_text', permit -> 'number_text', 'issued_on', permit -> 'issued_on',
        'status', permit -> 'status', 'valid_to', permit -> 'valid_to', 'replaced_by', permit -> 'replaced_by',
        'project_group', permit -> 'project_group', 'facility_key', permit -> 'facility_key'
    ) || case
        when permit ->> 'may_be_replaced_by' is null then '{}'
        else jsonb_build_object('may_be_replaced_by', permit -> 'may_be_replaced_by')
    end
$$;
comment on function checks.permit_facts(jsonb) is 'What the checks read of a permit, from its published row.';

create or replace function checks.read_permits(q checks.question) returns jsonb
language plpgsql stable as $$
declare
    keys text[] := checks.permit_keys(q);
begin
    return (
        select jsonb_agg(checks.permit_facts(to_jsonb(p)) order by p.permit_key)
        from release.environmental_permit as p
        where p.permit_key = any(keys) and p.from_release <= q.release_id and p.to_release > q.release_id
    );
end
$$;

-- A number alone does not tell whose permit it is: others have the same, of another year or province. Where the dossier
-- names its facility as well, the permit is one of that.
create or replace function checks.permit(q checks.question, aspect text) returns checks.finding
language plpgsql stable as $$
declare
    permits jsonb;
    theirs jsonb;
begin
    if not q.subject ?| '{permit_key,permit_number}' then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["permit_key or permit_number"]}');
    end if;
    permits := checks.read_permits(q);
    if permits is null then
        return checks.key_not_found(q, q.subject ->> 'permit_key', 'environmental_permit', checks.found(
            case when q.subject ? 'permit_key' then 'FAIL' else 'UNKNOWN' end, 'PERMIT_NOT_FOUND',
            '{"missing": ["the permit, in the registers that are connected"]}'
        ));
    elsif q.subject ? 'facility_key' then
        select jsonb_agg(p) into theirs from jsonb_array_elements(permits) as p
        where p -> 'facility_key' = q.subject -> 'facility_key';
        if theirs is null then
            return checks.found('UNKNOWN', 'PERMIT_OF_OTHER_FACILITY', jsonb_build_object(
                'of_number', permits, 'missing', '["which permit is of this facility"]'::jsonb
            ));
        end if;
        permits := theirs;
    end if;
    if jsonb_array_length(permits) > 1 then
        perform checks.refuse(
            'several permits have this number', 'permit_number with permit_issued_on, or permit_key', 'Give the day of issue.'
        );
    elsif aspect = 'replaced' then
        return checks.permit_not_replaced(permits -> 0, q.is_before_release);
    end if;
    return checks.permit_in_force(permits -> 0, q.asked_on, q.is_before_release);
end
$$;
comment on function checks.permit(checks.question, text) is
'The permit named is in force, or not replaced. A key that a connected register does not know is a FAIL; a number may
be of another province, and a permit of another facility than the one named is UNKNOWN.';

create or replace function checks.which_was_replaced(permit jsonb) returns checks.finding
language sql immutable as $$
    select checks.found('UNKNOWN', 'REPLACEMENT_UNCLEAR', permit || jsonb_build_object('missing', jsonb_build_array(
        'which of these permits ' || (permit ->> 'may_be_replaced_by') || ' replaced'
    )))
$$;
comment on function checks.which_was_replaced(jsonb) is
'UNKNOWN: another permit says that it replaces one, and what it says fits this one and others.';

create or replace function checks.permit_not_replaced(permit jsonb, is_before boolean) returns checks.finding
language plpgsql stable as $$
begin
    if permit ->> 'status' = 'REPLACED' and is_before then
        return checks.found(
            'UNKNOWN', 'PERMIT_STATUS_UNKNOWN', permit || '{"missing": ["the day on which it was replaced"]}'
        );
    elsif permit ->> 'status' = 'REPLACED' then
        return checks.found('FAIL', 'PERMIT_REPLACED', permit);
    elsif permit ->> 'may_be_replaced_by' is not null then
        return checks.which_was_replaced(permit);
    end if;
    return checks.found('PASS', 'PERMIT_NOT_REPLACED', permit);
end
$$;
comment on function checks.permit_not_replaced(jsonb, boolean) is
'No later permit replaced it; of a day before the release UNKNOWN where one did since.';

-- As for licences (231): the status is that of the day of the build, on another day the term decides.
create or replace function checks.permit_in_force(permit jsonb, on_day date, is_before boolean) returns checks.finding
language plpgsql stable as $$
declare
    status text := permit ->> 'status';
begin
    if (permit ->> 'issued_on')::date > on_day then
        return checks.found('FAIL', 'PERMIT_NOT_YET', permit);
    elsif status = 'REPLACED' and is_before and coalesce((permit ->> 'valid_to')::date >= on_day, true) then
        return checks.found(
            'UNKNOWN', 'PERMIT_STATUS_UNKNOWN', permit || '{"missing": ["the day on which it was replaced"]}'
        );
    elsif status = 'REPLACED' then
        return checks.found('FAIL', 'PERMIT_REPLACED', permit);
    elsif (permit ->> 'valid_to')::date < on_day or (status = 'EXPIRED' and not is_before) then
        return checks.found('FAIL', 'PERMIT_EXPIRED', permit);
    elsif permit ->> 'may_be_replaced_by' is not null then
        return checks.which_was_replaced(permit);
    elsif status = 'UNKNOWN' or permit ->> 'issued_on' is null or permit ->> 'valid_to' is null then
        return checks.found('UNKNOWN', 'PERMIT_STATUS_UNKNOWN', permit || '{"missing": ["term or day of issue"]}');
    end if;
    return checks.found('PASS', case when status = 'EXPIRING' then 'PERMIT_EXPIRING' else 'PERMIT_IN_FORCE' end, permit);
end
$$;
comment on function checks.permit_in_force(jsonb, date, boolean) is
'Whether a permit holds on a day; UNKNOWN where its term, or whether another one replaced it, is not on record.';

create or replace function checks.facility_on_parcel(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    place geometry;
    is_known boolean;
    is_on_one boolean;
    is_one_unknown boolean;
    evidence jsonb := jsonb_build_object('facility_key', q.subject -> 'facility_key');
begin
    if q.subject ->> 'facility_key' is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["facility_key"]}');
    end if;
    select true, f.geom into is_known, place from release.facility as f
    where f.facility_key = q.subject ->> 'facility_key' and f.from_release <= q.release_id and f.to_release > q.release_id;
    if is_known is null then
        return checks.key_not_found(
            q, q.subject ->> 'facility_key', 'facility', checks.found('FAIL', 'FACILITY_NOT_FOUND', evidence)
        );
    elsif place is null then
        return checks.found('UNKNOWN', 'PLACE_NOT_RECORDED', evidence || '{"missing": ["the place of the facility"]}');
    end if;
    select
        bool_or(st_dwithin(p.geom::geography, place::geography, (parameters ->> 'tolerance_m')::double precision)),
        bool_or(p.geom is null)
    into is_on_one, is_one_unknown
    from release.land_parcel as p
    where p.parcel_key = any(q.parcel_keys) and p.from_release <= q.release_id and p.to_release > q.release_id;
    if is_on_one then
        return checks.found('PASS', 'FACILITY_ON_PARCEL', evidence);
    elsif is_one_unknown then
        return checks.found('UNKNOWN', 'PARCEL_AREA_NOT_KNOWN', evidence || '{"missing": ["the boundary of the parcel"]}');
    end if;
    return checks.found('FAIL', 'FACILITY_ELSEWHERE', evidence);
end
$$;
comment on function checks.facility_on_parcel(checks.question, jsonb) is
'The facility stands on one of the parcels named, within the tolerance.';
