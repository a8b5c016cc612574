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

create or replace function checks.certificate_in_force(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    statuses jsonb;
begin
    if q.subject ->> 'certificate_serial' is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["certificate_serial"]}');
    end if;
    select jsonb_agg(distinct r.status) into statuses from release.land_right as r
    where r.certificate_serial = q.subject ->> 'certificate_serial'
        and r.from_release <= q.release_id and r.to_release > q.release_id;
    if statuses is null then
        return checks.found('UNKNOWN', 'CERTIFICATE_NOT_KNOWN', '{"missing": ["a right with this certificate"]}');
    elsif statuses = '["IN_FORCE"]' then
        return checks.found('PASS', 'CERTIFICATE_IN_FORCE', jsonb_build_object('status', statuses));
    elsif not statuses ?| '{WITHDRAWN,CANCELLED}' then
        return checks.found('UNKNOWN', 'CERTIFICATE_STATUS_UNKNOWN', jsonb_build_object(
            'status', statuses, 'missing', '["the status of the certificate"]'::jsonb
        ));
    end if;
    return checks.found('FAIL', 'CERTIFICATE_NOT_IN_FORCE', jsonb_build_object('status', statuses));
end
$$;
comment on function checks.certificate_in_force(checks.question, jsonb) is
'The certificate stated is in force. Not known is UNKNOWN: the books of before the registers are not in them.';

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
        array_agg(r.parcel_key), array_agg(r.parcel_key) filter (where checks.right_state(r.status) = 'LIVE'),
        array_agg(r.parcel_key) filter (where checks.right_state(r.status) = 'DOUBTFUL')
    into covered, in_force, doubtful
    from release.land_right as r
    where r.certificate_serial = q.subject ->> 'certificate_serial'
        and r.from_release <= q.release_id and r.to_release > q.release_id;
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
        array_agg(distinct r.parcel_key) filter (where r.status = 'IN_FORCE'),
        array_agg(distinct r.parcel_key) filter (where checks.right_state(r.status) = 'DOUBTFUL')
    into certified, doubtful
    from release.land_right as r
    where r.parcel_key = any(q.parcel_keys) and r.certificate_serial is not null
        and r.from_release <= q.release_id and r.to_release > q.release_id;
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
        array_agg(distinct r.parcel_key) filter (where checks.right_state(r.status) = 'LIVE'),
        array_agg(distinct r.parcel_key) filter (where checks.right_state(r.status) <> 'LIVE')
    into leased, doubtful
    from release.land_right as r
    where r.parcel_key = any(q.parcel_keys) and r.right_type = 'LEASE'
        and r.from_release <= q.release_id and r.to_release > q.release_id;
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

create or replace function checks.same_holder(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    n_parcels integer;
    n_groups integer;
    n_unknown integer;
begin
    select count(*), count(distinct h.holders), count(*) filter (where h.is_unknown) into n_parcels, n_groups, n_unknown
    from (
        select
            array_agg(distinct r.party_key order by r.party_key) filter (where checks.right_state(r.status) = 'LIVE')
                as holders,
            bool_or(checks.right_state(r.status) = 'DOUBTFUL')
            or coalesce(bool_or(r.party_key is null) filter (where checks.right_state(r.status) = 'LIVE'), true)
                as is_unknown
        from release.land_right as r
        where r.parcel_key = any(q.parcel_keys) and r.from_release <= q.release_id and r.to_release > q.release_id
        group by r.parcel_key
    ) as h;
    if n_parcels < cardinality(q.parcel_keys) or n_unknown > 0 then
        return checks.found('UNKNOWN', 'HOLDER_NOT_RECORDED', '{"missing": ["the holder of a parcel"]}');
    elsif n_groups = 1 then
        return checks.found('PASS', 'SAME_HOLDER', jsonb_build_object('n_parcels', n_parcels));
    end if;
    return checks.found('FAIL', 'HOLDERS_DIFFER', jsonb_build_object('n_parcels', n_parcels, 'n_groups', n_groups));
end
$$;
comment on function checks.same_holder(checks.question, jsonb) is 'All parcels named are held by the same parties, by rights
that have not ended.';

create or replace function checks.holder_matches(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    stated text[] := checks.parties_stated(q);
    differing text[];
    unknown text[];
begin
    if stated is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["party_key or organisation_tax_code"]}');
    elsif cardinality(stated) = 0 then
        return checks.found('UNKNOWN', 'PARTY_NOT_KNOWN', '{"missing": ["a party of land registers with this code"]}');
    end if;
    select
        array_agg(h.parcel_key) filter (where h.is_of_others and not h.is_open),
        array_agg(h.parcel_key) filter (where not h.is_of_others or h.is_open)
    into differing, unknown
    from (
        select
            k as parcel_key,
            coalesce(bool_or(r.party_key = any(stated)) filter (where checks.right_state(r.status) = 'LIVE'), false)
                as is_theirs,
            coalesce(bool_or(checks.right_state(r.status) = 'LIVE'), false) as is_of_others,
            coalesce(bool_or(
                r.party_key is null
                or (checks.right_state(r.status) = 'DOUBTFUL' and r.party_key = any(stated))
            ) filter (where checks.right_state(r.status) <> 'ENDED'), false) as is_open
        from unnest(q.parcel_keys) as k
        left join release.land_right as r
            on r.parcel_key = k and r.from_release <= q.release_id and r.to_release > q.release_id
        group by k
    ) as h
    where not h.is_theirs;
    if differing is not null then
        return checks.found('FAIL', 'HOLDER_DIFFERS', jsonb_build_object('parcel_keys', differing));
    elsif unknown is not null then
        return checks.found('UNKNOWN', 'HOLDER_NOT_RECORDED', jsonb_build_object(
            'parcel_keys', unknown, 'missing', '["the holder of a right that has not ended"]'::jsonb
        ));
    end if;
    return checks.found('PASS', 'HOLDER_MATCHES', '{}');
end
$$;
comment on function checks.holder_matches(checks.question, jsonb) is
'Whoever applies holds a right in every parcel named: by party_key, or as an organisation by its tax code.';

-- Null when the subject states nobody, empty when nobody of that code is known.
create or replace function checks.parties_stated(q checks.question) returns text[]
language plpgsql stable as $$
begin
    if q.subject ? 'party_key' then
        return array[q.subject ->> 'party_key'];
    elsif q.subject ? 'organisation_tax_code' then
        return (
            select coalesce(array_agg(p.party_key), '{}') from release.party as p
            where p.organisation_tax_code = checks.tax_digits(q.subject ->> 'organisation_tax_code')
                and p.from_release <= q.release_id and p.to_release > q.release_id
        );
    end if;
    return null;
end
$$;
