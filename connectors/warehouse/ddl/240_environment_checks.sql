-- Checks of environmental permits, decisions on environmental impact (ĐTM), and facilities.
create or replace function checks.permit_keys(q checks.question) returns text[]
language plpgsql stable as $$
declare
    stated text[];
begin
    if q.subject ? 'permit_key' then
        return array[q.subject ->> 'permit_key'];
    end if;
    stated := checks.number_parts(q.subject ->> 'permit_number');
    return (
        select array_agg(p.permit_key) from release.environmental_permit as p
        where p.number = stated[1] and p.symbol = stated[2] and p.issuer = stated[3]
            and p.issued_on = coalesce(checks.day_stated(q.subject, 'permit'), p.issued_on)
            and p.from_release <= q.release_id and p.to_release > q.release_id
    );
end
$$;
comment on function checks.permit_keys(checks.question) is 'The permits that the subject names, by key or by number.';

create or replace function checks.read_permits(q checks.question) returns jsonb
language plpgsql stable as $$
declare
    keys text[] := checks.permit_keys(q);
begin
    return (
        select jsonb_agg(jsonb_build_object(
            'permit_key', p.permit_key, 'number_text', p.number_text, 'issued_on', p.issued_on, 'status', p.status,
            'valid_to', p.valid_to, 'replaced_by', p.replaced_by, 'project_group', p.project_group,
            'facility_key', p.facility_key
        ) order by p.permit_key)
        from release.environmental_permit as p
        where p.permit_key = any(keys) and p.from_release <= q.release_id and p.to_release > q.release_id
    );
end
$$;

create or replace function checks.permit(q checks.question, aspect text) returns checks.finding
language plpgsql stable as $$
declare
    permits jsonb;
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
    elsif jsonb_array_length(permits) > 1 then
        perform checks.refuse(
            'several permits have this number', 'permit_number with permit_issued_on, or permit_key', 'Give the day of issue.'
        );
    elsif aspect = 'replaced' then
        return case
            when permits #>> '{0,status}' = 'REPLACED' then checks.found('FAIL', 'PERMIT_REPLACED', permits -> 0)
            else checks.found('PASS', 'PERMIT_NOT_REPLACED', permits -> 0)
        end;
    end if;
    return checks.permit_in_force(permits -> 0, q.asked_on, q.is_before_release);
end
$$;
comment on function checks.permit(checks.question, text) is
'The permit named is in force, or not replaced. A key that a connected register does not know is a FAIL; a number may
be of another province.';

-- As for licences (231): the status is that of the day of the build, on another day the term decides.
create or replace function checks.permit_in_force(permit jsonb, on_day date, is_before boolean default false) returns checks.finding
language plpgsql stable as $$
declare
    status text := permit ->> 'status';
begin
    if status in ('IN_FORCE', 'EXPIRING', 'EXPIRED') and (permit ->> 'issued_on')::date > on_day then
        status := 'NOT_YET';
    elsif status in ('IN_FORCE', 'EXPIRING') and (permit ->> 'valid_to')::date < on_day then
        status := 'EXPIRED';
    elsif status = 'EXPIRED' and is_before and (permit ->> 'valid_to')::date >= on_day then
        status := 'IN_FORCE';
    elsif status = 'REPLACED' and is_before and coalesce((permit ->> 'valid_to')::date >= on_day, true) then
        return checks.found(
            'UNKNOWN', 'PERMIT_STATUS_UNKNOWN', permit || '{"missing": ["the day on which it was replaced"]}'
        );
    end if;
    if status in ('IN_FORCE', 'EXPIRING') then
        return checks.found('PASS', 'PERMIT_' || status, permit);
    elsif status = 'UNKNOWN' then
        return checks.found('UNKNOWN', 'PERMIT_STATUS_UNKNOWN', permit || '{"missing": ["term or day of issue"]}');
    end if;
    return checks.found('FAIL', 'PERMIT_' || status, permit);
end
$$;

create or replace function checks.facility_on_parcel(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    place geometry;
    is_known boolean;
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
    elsif exists (
        select from release.land_parcel as p
        where p.parcel_key = any(q.parcel_keys) and p.from_release <= q.release_id and p.to_release > q.release_id
            and st_dwithin(p.geom::geography, place::geography, (parameters ->> 'tolerance_m')::double precision)
    ) then
        return checks.found('PASS', 'FACILITY_ON_PARCEL', evidence);
    end if;
    return checks.found('FAIL', 'FACILITY_ELSEWHERE', evidence);
end
$$;
comment on function checks.facility_on_parcel(checks.question, jsonb) is
'The facility stands on one of the parcels named, within the tolerance.';
