-- Checks of rights and certificates. Holders are compared by their keys, which never leave in the evidence.
--
-- The status of a right is that of its certificate. A certificate that was withdrawn or cancelled proves nothing any more
-- (Land law 31/2024/QH15, article 152): asked of the paper, that is a FAIL. The right itself does not end with the paper,
-- which may have been withdrawn to be corrected: who holds the land now the register does not say, and that is UNKNOWN.
create or replace function checks.right_state(status text) returns text
language sql immutable as $$
    select case
        when status in ('IN_FORCE', 'UNCERTIFIED') then 'LIVE'
        when status in ('WITHDRAWN', 'CANCELLED') then 'ENDED'
        else 'DOUBTFUL'
    end
$$;
comment on function checks.right_state(text) is 'LIVE, ENDED with its certificate, or DOUBTFUL: a status that is not known.';

-- Of a day before the release: a right whose certificate has ended since may have been live then, and one whose certificate
-- was issued later is not known to have been.
create or replace function checks.right_state_on(status text, issued_on date, on_day date, is_before boolean) returns text
language plpgsql immutable as $$
declare
    state text := checks.right_state(status);
begin
    return case
        when is_before and state = 'LIVE' and issued_on > on_day then 'DOUBTFUL'
        when is_before and state = 'ENDED' and coalesce(issued_on <= on_day, true) then 'DOUBTFUL'
        else state
    end;
end
$$;
comment on function checks.right_state_on(text, date, date, boolean) is
'The state of a right on the day of the question, as far as the day of issue of its certificate tells it.';

create or replace function checks.certificate_in_force(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    statuses jsonb;
    states text[];
begin
    if q.subject ->> 'certificate_serial' is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["certificate_serial"]}');
    end if;
    -- a serial may have been printed twice: the one on the parcels named is meant
    select jsonb_agg(distinct c.status), array_agg(distinct c.state) into statuses, states
    from (
        select
            r.status, checks.right_state_on(r.status, r.valid_from, q.asked_on, q.is_before_release) as state,
            r.parcel_key = any(q.parcel_keys) as is_named, bool_or(r.parcel_key = any(q.parcel_keys)) over () as is_any_named
        from release.land_right as r
        where r.certificate_serial = q.subject ->> 'certificate_serial'
            and r.from_release <= q.release_id and r.to_release > q.release_id
    ) as c
    where c.is_named or c.is_any_named is not true;
    if statuses is null then
        return checks.found('UNKNOWN', 'CERTIFICATE_NOT_KNOWN', '{"missing": ["a right with this certificate"]}');
    elsif states = '{LIVE}' and statuses = '["IN_FORCE"]' then
        return checks.found('PASS', 'CERTIFICATE_IN_FORCE', jsonb_build_object('status', statuses));
    elsif states = '{ENDED}' then
        return checks.found('FAIL', 'CERTIFICATE_NOT_IN_FORCE', jsonb_build_object('status', statuses));
    end if;
    return checks.found('UNKNOWN', 'CERTIFICATE_STATUS_UNKNOWN', jsonb_build_object(
        'status', statuses, 'missing', '["the status of the certificate on the day"]'::jsonb
    ));
end
$$;
comment on function checks.certificate_in_force(checks.question, jsonb) is
'The certificate stated is in force. Not known is UNKNOWN: the books of before the registers are not in them. So is one of
which rights say different things.';

create or replace function checks.certificate_covers_parcel(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    covered text[];
    in_force text[];
    doubtful text[];
    outside text[];
begin
    if q.subject ->> 'certificate_serial' is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["certificate_serial"]}');
    end if;
    select
        array_agg(r.parcel_key), array_agg(r.parcel_key) filter (where r.state = 'LIVE'),
        array_agg(r.parcel_key) filter (where r.state = 'DOUBTFUL')
    into covered, in_force, doubtful
    from (
        select r.parcel_key, checks.right_state_on(r.status, r.valid_from, q.asked_on, q.is_before_release) as state
        from release.land_right as r
        where r.certificate_serial = q.subject ->> 'certificate_serial'
            and r.from_release <= q.release_id and r.to_release > q.release_id
    ) as r;
    if covered is null then
        return checks.found('UNKNOWN', 'CERTIFICATE_NOT_KNOWN', '{"missing": ["a right with this certificate"]}');
    end if;
    select array_agg(k) into outside from unnest(q.parcel_keys) as k where not k = any(covered);
    if outside is not null then
        return checks.found('FAIL', 'PARCEL_NOT_ON_CERTIFICATE', jsonb_build_object('parcel_keys', outside));
    elsif q.parcel_keys <@ in_force then
        return checks.found('PASS', 'PARCEL_ON_CERTIFICATE', '{}');
    elsif q.parcel_keys <@ (in_force || doubtful) then
        return checks.found(
            'UNKNOWN', 'CERTIFICATE_STATUS_UNKNOWN', '{"missing": ["the status of the certificate"]}'
        );
    end if;
    return checks.found('FAIL', 'CERTIFICATE_NOT_IN_FORCE', '{}');
end
$$;
comment on function checks.certificate_covers_parcel(checks.question, jsonb) is
'Every parcel named stands on the certificate stated, which is in force.';

create or replace function checks.no_current_certificate(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    certified text[];
    doubtful text[];
begin
    select
        array_agg(distinct r.parcel_key) filter (where r.status = 'IN_FORCE' and r.state = 'LIVE'),
        array_agg(distinct r.parcel_key) filter (where r.state = 'DOUBTFUL')
    into certified, doubtful
    from (
        select
            r.parcel_key, r.status, checks.right_state_on(r.status, r.valid_from, q.asked_on, q.is_before_release) as state
        from release.land_right as r
        where r.parcel_key = any(q.parcel_keys) and r.certificate_serial is not null
            and r.from_release <= q.release_id and r.to_release > q.release_id
    ) as r;
    if certified is null and doubtful is not null then
        return checks.found('UNKNOWN', 'CERTIFICATE_STATUS_UNKNOWN', jsonb_build_object(
            'parcel_keys', doubtful, 'missing', '["the status of the certificate"]'::jsonb
        ));
    elsif certified is null then
        return checks.found('PASS', 'NOT_CERTIFIED', '{}');
    end if;
    return checks.found('FAIL', 'ALREADY_CERTIFIED', jsonb_build_object('parcel_keys', certified));
end
$$;
comment on function checks.no_current_certificate(checks.question, jsonb) is
'No certificate is in force for a parcel that is to be registered first.';

create or replace function checks.lease_registered(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    leased text[];
    doubtful text[];
begin
    select
        array_agg(distinct r.parcel_key) filter (where r.state = 'LIVE'),
        array_agg(distinct r.parcel_key) filter (where r.state <> 'LIVE')
    into leased, doubtful
    from (
        select r.parcel_key, checks.right_state_on(r.status, r.valid_from, q.asked_on, q.is_before_release) as state
        from release.land_right as r
        where r.parcel_key = any(q.parcel_keys) and r.right_type = 'LEASE'
            and r.from_release <= q.release_id and r.to_release > q.release_id
    ) as r;
    if cardinality(leased) = cardinality(q.parcel_keys) then
        return checks.found('PASS', 'LEASE_REGISTERED', jsonb_build_object('parcel_keys', leased));
    elsif q.parcel_keys <@ (leased || doubtful) then
        return checks.found('UNKNOWN', 'LEASE_NOT_IN_FORCE', jsonb_build_object(
            'leased', leased, 'missing', '["a lease whose certificate is in force"]'::jsonb
        ));
    end if;
    return checks.found('FAIL', 'NO_LEASE', jsonb_build_object('leased', leased));
end
$$;
comment on function checks.lease_registered(checks.question, jsonb) is
'A lease of every parcel named is registered; unknown where only its certificate has ended.';
