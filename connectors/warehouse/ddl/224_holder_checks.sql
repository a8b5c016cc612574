-- Checks of who holds land. Whose a right is depends on what is asked: a lessee holds the lease and not the right to use that
-- is transferred, mortgaged or merged, so the requirement says which types of right count (right_types, the right to use
-- where it says nothing). A right of a type that the register does not tell may be of any: it decides nothing.
create or replace function checks.rights_of_types(q checks.question, parameters jsonb)
returns table (parcel_key text, right_type text, party_key text, share numeric, state text)
language plpgsql stable as $$
declare
    types jsonb := coalesce(parameters -> 'right_types', '["USE"]');
begin
    return query
    select
        r.parcel_key, coalesce(r.right_type, 'UNKNOWN'), r.party_key, r.share,
        case when r.state = 'LIVE' and not types ? coalesce(r.right_type, 'UNKNOWN') then 'DOUBTFUL' else r.state end
    from (
        select
            h.parcel_key, h.right_type, h.party_key, h.share,
            checks.right_state_on(h.status, h.valid_from, q.asked_on, q.is_before_release) as state
        from release.land_right as h
        where h.parcel_key = any(q.parcel_keys) and types || '["UNKNOWN"]' ? coalesce(h.right_type, 'UNKNOWN')
            and h.from_release <= q.release_id and h.to_release > q.release_id
    ) as r;
end
$$;
comment on function checks.rights_of_types(checks.question, jsonb) is
'The rights in the parcels named that are, or may be, of the types that the requirement counts.';

create or replace function checks.same_holder(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    n_parcels integer;
    n_groups integer;
    n_unknown integer;
    n_registers integer;
begin
    select count(*), count(distinct h.holders), count(*) filter (where h.is_unknown), count(distinct h.registers)
    into n_parcels, n_groups, n_unknown, n_registers
    from (
        select
            array_agg(distinct nullif(split_part(r.party_key, ':', 1), r.party_key)) filter (where r.state = 'LIVE') as registers,
            array_agg(distinct r.party_key order by r.party_key) filter (where r.state = 'LIVE') as holders,
            bool_or(r.state = 'DOUBTFUL')
            or coalesce(bool_or(r.party_key is null) filter (where r.state = 'LIVE'), true) as is_unknown
        from checks.rights_of_types(q, parameters) as r
        group by r.parcel_key
    ) as h;
    if n_parcels < cardinality(q.parcel_keys) or n_unknown > 0 then
        return checks.found('UNKNOWN', 'HOLDER_NOT_RECORDED', '{"missing": ["the holder of a parcel"]}');
    elsif n_groups = 1 then
        return checks.found('PASS', 'SAME_HOLDER', jsonb_build_object('n_parcels', n_parcels));
    elsif n_registers > 1 then
        return checks.found('UNKNOWN', 'HOLDERS_OF_TWO_REGISTERS', jsonb_build_object(
            'n_parcels', n_parcels, 'missing', '["whether holders of two registers are the same"]'::jsonb
        ));
    end if;
    return checks.found('FAIL', 'HOLDERS_DIFFER', jsonb_build_object('n_parcels', n_parcels, 'n_groups', n_groups));
end
$$;
comment on function checks.same_holder(checks.question, jsonb) is 'All parcels named are held by the same parties, by rights
of the types asked for that have not ended. One person has another key in each register: across two nobody can tell.';

-- A share is not the whole: the others who hold the land must agree, and no register says whether they do. That speaks
-- against nobody, so it is UNKNOWN. A share that is not recorded is the whole, as registers write it, where nobody else has a
-- right of the same type: of spouses each is recorded so.
create or replace function checks.holder_matches(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    stated text[] := checks.parties_stated(q);
    differing text[];
    unknown text[];
    shared jsonb;
    -- one person has another key in each register: of a holder in none of these nobody can tell who it is
    registers text[] := array(select nullif(split_part(k, ':', 1), k) from unnest(stated) as k);
begin
    if stated is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["party_key or organisation_tax_code"]}');
    elsif cardinality(stated) = 0 then
        return checks.found('UNKNOWN', 'PARTY_NOT_KNOWN', '{"missing": ["a party of land registers with this code"]}');
    elsif q.subject ?& '{party_key,organisation_tax_code}' and checks.parties_of_code(q) is null then
        return checks.found(
            'UNKNOWN', 'PARTY_NAMED_TWICE', '{"missing": ["whether party_key or organisation_tax_code is meant"]}'
        );
    end if;
    select
        array_agg(h.parcel_key) filter (where h.share is null and h.is_of_others and not h.is_open),
        array_agg(h.parcel_key) filter (where h.share is null and (not h.is_of_others or h.is_open)),
        jsonb_agg(jsonb_build_object('parcel_key', h.parcel_key, 'share', h.share))
            filter (where h.share < 0.9999 or h.share is not null and h.is_with_others)
    into differing, unknown, shared
    from (
        select
            k as parcel_key,
            max(r.own_share) as share,
            coalesce(bool_or(r.state = 'LIVE'), false) as is_of_others,
            coalesce(bool_or(
                r.state <> 'ENDED' and (r.own_share is not null or r.right_type = 'UNKNOWN')
                and (r.party_key = any(stated)) is not true
            ), false) as is_with_others,
            coalesce(bool_or(
                r.party_key is null or (r.state = 'DOUBTFUL' and r.party_key = any(stated))
                or not nullif(split_part(r.party_key, ':', 1), r.party_key) = any(registers)
            ) filter (where r.state <> 'ENDED'), false) as is_open
        from unnest(q.parcel_keys) as k
        left join (
            select
                t.*,
                sum(coalesce(t.share, 1)) filter (where t.state = 'LIVE' and t.party_key = any(stated))
                    over (partition by t.parcel_key, t.right_type) as own_share
            from checks.rights_of_types(q, parameters) as t
        ) as r on k = r.parcel_key
        group by k
    ) as h;
    if differing is not null then
        return checks.found('FAIL', 'HOLDER_DIFFERS', jsonb_build_object('parcel_keys', differing));
    elsif unknown is not null then
        return checks.found('UNKNOWN', 'HOLDER_NOT_RECORDED', jsonb_build_object(
            'parcel_keys', unknown, 'missing', '["the holder of a right of this type that has not ended"]'::jsonb
        ));
    elsif shared is not null then
        return checks.found('UNKNOWN', 'CO_HOLDERS', jsonb_build_object(
            'shares', shared, 'missing', '["the consent of those who hold the rest"]'::jsonb
        ));
    end if;
    return checks.found('PASS', 'HOLDER_MATCHES', '{}');
end
$$;
comment on function checks.holder_matches(checks.question, jsonb) is
'Whoever applies holds the right asked for in every parcel named, alone: by party_key, or as an organisation by tax code.';

create or replace function checks.parties_of_code(q checks.question) returns text[]
language plpgsql stable as $$
begin
    return (
        select array_agg(p.party_key) from release.party as p
        where p.organisation_tax_code = checks.tax_digits(q.subject ->> 'organisation_tax_code')
            and p.from_release <= q.release_id and p.to_release > q.release_id
    );
end
$$;
comment on function checks.parties_of_code(checks.question) is 'The parties of the tax code stated; null if none.';

-- Null when the subject states nobody, empty when nobody of that code is known. An organisation that a register keeps twice is
-- one, by its code. A key beside a code of another party has been
-- refused (216).
create or replace function checks.parties_stated(q checks.question) returns text[]
language plpgsql stable as $$
begin
    if q.subject ? 'party_key' then
        return array(
            select q.subject ->> 'party_key'
            union
            select same.party_key from release.party as p
            inner join release.party as same on p.organisation_tax_code = same.organisation_tax_code
            where p.party_key = q.subject ->> 'party_key'
                and p.from_release <= q.release_id and p.to_release > q.release_id
                and same.from_release <= q.release_id and same.to_release > q.release_id
        );
    elsif q.subject ? 'organisation_tax_code' then
        return coalesce(checks.parties_of_code(q), '{}');
    end if;
    return null;
end
$$;
