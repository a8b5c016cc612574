-- Checks of who holds land. Whose a right is depends on what is asked: a lessee holds the lease and not the right to use that
-- is transferred, mortgaged or merged, so the requirement says which types of right count (right_types, the right to use
-- where it says nothing). A right of a type that the register does not tell may be of any: it decides nothing.
--
-- Nor does another key say that somebody is another: it is the number of an entry. Whoever has dealt with two registers, or
-- with two offices of one, has two, and persons are entered again with another identity card; what would tell them apart is
-- personal and is not published. So of a key alone nobody can tell, and FAIL is left to holders that certainly differ:
-- organisations by their tax codes, and a person and a body with a life of its own by their kinds. One code is one
-- organisation, in whatever registers. A branch bears the code of its company and three digits more: it is no legal person
-- (Civil code 91/2015/QH13, article 84), but whether it acts for its company the registers do not say, as in 231.
-- A private enterprise is its owner (Enterprise law 59/2020/QH14, article 188), and so is a household business.
-- What a held record says of a party counts for nothing.
create or replace function checks.holder_nature(kind text, tax_code text, name text) returns text
language sql immutable as $$
    select case
        when kind in ('PERSON', 'HOUSEHOLD') then 'PERSON'
        when kind = 'ORGANISATION' and tax_code is not null
            and name !~* '\m(dntn|doanh nghi.p t. nh.n|hkd|h. kinh doanh)\M' then 'BODY'
    end
$$;
comment on function checks.holder_nature(text, text, text) is
'PERSON (or several), BODY: an organisation that is nobody''s own person, or null where neither is certain.';

create or replace function checks.rights_of_types(q checks.question, parameters jsonb)
returns table (
    parcel_key text, right_type text, party_key text, share numeric, state text, tax_code text, nature text
)
language plpgsql stable as $$
declare
    types jsonb := coalesce(parameters -> 'right_types', '["USE"]');
begin
    return query
    select
        r.parcel_key, coalesce(r.right_type, 'UNKNOWN'), r.party_key, r.share,
        case when r.state = 'LIVE' and not types ? coalesce(r.right_type, 'UNKNOWN') then 'DOUBTFUL' else r.state end,
        r.organisation_tax_code, checks.holder_nature(r.kind, r.organisation_tax_code, r.organisation_name)
    from (
        select
            h.parcel_key, h.right_type, h.party_key, h.share, p.kind, p.organisation_tax_code, p.organisation_name,
            checks.right_state_on(h.status, h.valid_from, q.asked_on, q.is_before_release) as state
        from release.land_right as h
        left join release.party as p
            on h.party_key = p.party_key and not p.is_held and p.from_release <= q.release_id and p.to_release > q.release_id
        where h.parcel_key = any(q.parcel_keys) and types || '["UNKNOWN"]' ? coalesce(h.right_type, 'UNKNOWN')
            and h.from_release <= q.release_id and h.to_release > q.release_id
    ) as r;
end
$$;
comment on function checks.rights_of_types(checks.question, jsonb) is
'The rights in the parcels named that are, or may be, of the types that the requirement counts, and what tells their holders
from others: tax code and nature.';

create or replace function checks.are_others(a_code text, a_nature text, b_code text, b_nature text) returns boolean
language sql immutable as $$
    select coalesce(left(a_code, 10) <> left(b_code, 10), false) or coalesce(a_nature <> b_nature, false)
$$;
comment on function checks.are_others(text, text, text, text) is
'Whether two holders certainly differ: by the codes of two organisations, or as a person and a body.';

-- Of two sets of holders it is certain where one holder of the one is none of the other.
create or replace function checks.certainly_differ(q checks.question, parameters jsonb) returns boolean
language plpgsql stable as $$
begin
    return (
        with holder as materialized (
            select distinct r.parcel_key, left(r.tax_code, 10) as company, r.nature
            from checks.rights_of_types(q, parameters) as r where r.state = 'LIVE'
        )
        select exists (
            select from (select distinct h.company, h.nature from holder as h) as one
            cross join (select distinct h.parcel_key from holder as h) as other
            where not exists (
                select from holder as theirs
                where theirs.parcel_key = other.parcel_key
                    and not checks.are_others(one.company, one.nature, theirs.company, theirs.nature)
            )
        )
    );
end
$$;
comment on function checks.certainly_differ(checks.question, jsonb) is
'Whether some holder of one of the parcels named is certainly none of the holders of another.';

create or replace function checks.same_holder(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    n_parcels integer;
    n_groups integer;
    n_companies integer; -- groups, if branches were their companies
    n_unknown integer;
begin
    -- the catalogue of an older release does not say that this check reads parties
    if not checks.is_published(q.datasets, 'party') then
        return checks.found('UNKNOWN', 'DATASET_NOT_PUBLISHED', '{"missing": ["party"]}');
    end if;
    select count(*), count(distinct h.holders), count(distinct h.companies), count(*) filter (where h.is_unknown)
    into n_parcels, n_groups, n_companies, n_unknown
    from (
        select
            array_agg(distinct coalesce(r.tax_code, 'key ' || r.party_key)) filter (where r.state = 'LIVE') as holders,
            array_agg(distinct coalesce(left(r.tax_code, 10), 'key ' || r.party_key)) filter (where r.state = 'LIVE')
                as companies,
            bool_or(r.state = 'DOUBTFUL')
            or coalesce(bool_or(r.party_key is null) filter (where r.state = 'LIVE'), true) as is_unknown
        from checks.rights_of_types(q, parameters) as r
        group by r.parcel_key
    ) as h;
    if n_parcels < cardinality(q.parcel_keys) or n_unknown > 0 then
        return checks.found('UNKNOWN', 'HOLDER_NOT_RECORDED', '{"missing": ["the holder of a parcel"]}');
    elsif n_groups = 1 then
        return checks.found('PASS', 'SAME_HOLDER', jsonb_build_object('n_parcels', n_parcels));
    elsif checks.certainly_differ(q, parameters) then
        return checks.found('FAIL', 'HOLDERS_DIFFER', jsonb_build_object('n_parcels', n_parcels, 'n_groups', n_groups));
    elsif n_companies = 1 then
        return checks.found('UNKNOWN', 'HOLDER_IS_BRANCH', jsonb_build_object(
            'n_parcels', n_parcels, 'missing', '["whether the branch holds for its company"]'::jsonb
        ));
    end if;
    return checks.found('UNKNOWN', 'HOLDERS_NOT_TOLD_APART', jsonb_build_object(
        'n_parcels', n_parcels, 'missing', '["whether holders that are registered twice are the same"]'::jsonb
    ));
end
$$;
comment on function checks.same_holder(checks.question, jsonb) is 'All parcels named are held by the same parties, by rights
of the types asked for that have not ended; UNKNOWN where they have different keys and nothing tells them apart.';

-- A share is not the whole: the others who hold the land must agree, and no register says whether they do. That speaks
-- against nobody, so it is UNKNOWN. A share that is not recorded is the whole, as registers write it, where nobody else has a
-- right of the same type: of spouses each is recorded so.
create or replace function checks.holder_matches(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    stated text[] := checks.parties_stated(q);
    stated_code text;
    stated_nature text;
    differing text[];
    not_recorded text[];
    branches text[];
    unknown text[];
    shared jsonb;
begin
    if stated is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["party_key or organisation_tax_code"]}');
    elsif cardinality(stated) = 0 then
        return checks.found('UNKNOWN', 'PARTY_NOT_KNOWN', '{"missing": ["a party of land registers with this code"]}');
    end if;
    select
        max(p.organisation_tax_code), max(checks.holder_nature(p.kind, p.organisation_tax_code, p.organisation_name))
    into stated_code, stated_nature
    from release.party as p
    where p.party_key = any(stated) and not p.is_held and p.from_release <= q.release_id and p.to_release > q.release_id;
    if q.subject ?& '{party_key,organisation_tax_code}'
        and stated_code is distinct from checks.tax_code_of(q.subject ->> 'organisation_tax_code')
    then
        return checks.found(
            'UNKNOWN', 'PARTY_NAMED_TWICE', '{"missing": ["whether party_key or organisation_tax_code is meant"]}'
        );
    end if;
    select
        array_agg(h.parcel_key) filter (where h.share is null and h.is_of_others and not h.is_open and not h.is_like),
        array_agg(h.parcel_key) filter (where h.share is null and (not h.is_of_others or h.is_open)),
        array_agg(h.parcel_key) filter (where h.share is null and h.is_branch),
        array_agg(h.parcel_key) filter (where h.share is null and h.is_of_others and h.is_like and not h.is_open),
        jsonb_agg(jsonb_build_object('parcel_key', h.parcel_key, 'share', h.share))
            filter (where h.share < 0.9999 or h.share is not null and h.is_with_others)
    into differing, not_recorded, branches, unknown, shared
    from (
        select
            k as parcel_key,
            max(r.own_share) as share,
            coalesce(bool_or(r.state = 'LIVE'), false) as is_of_others,
            coalesce(bool_or(
                r.state <> 'ENDED' and (r.own_share is not null or r.right_type = 'UNKNOWN')
                and (r.party_key = any(stated)) is not true
            ), false) as is_with_others,
            coalesce(bool_or(r.party_key is null or (r.state = 'DOUBTFUL' and r.party_key = any(stated)))
                filter (where r.state <> 'ENDED'), false) as is_open,
            coalesce(bool_or(not checks.are_others(stated_code, stated_nature, r.tax_code, r.nature))
                filter (where r.state <> 'ENDED'), false) as is_like,
            coalesce(bool_or(left(stated_code, 10) = left(r.tax_code, 10)) filter (where r.state <> 'ENDED'), false)
                as is_branch
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
    elsif not_recorded is not null then
        return checks.found('UNKNOWN', 'HOLDER_NOT_RECORDED', jsonb_build_object(
            'parcel_keys', not_recorded, 'missing', '["the holder of a right of this type that has not ended"]'::jsonb
        ));
    elsif unknown is not null and unknown <@ branches then
        return checks.found('UNKNOWN', 'HOLDER_IS_BRANCH', jsonb_build_object(
            'parcel_keys', unknown, 'missing', '["whether the branch acts for its company"]'::jsonb
        ));
    elsif unknown is not null then
        return checks.found('UNKNOWN', 'HOLDERS_NOT_TOLD_APART', jsonb_build_object(
            'parcel_keys', unknown, 'missing', '["whether the holder, registered under another key, is who applies"]'::jsonb
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
        where p.organisation_tax_code = checks.tax_code_of(q.subject ->> 'organisation_tax_code') and not p.is_held
            and p.from_release <= q.release_id and p.to_release > q.release_id
    );
end
$$;
comment on function checks.parties_of_code(checks.question) is
'The parties of the tax code stated; null if none that is not held.';

-- Null when the subject states nobody, empty when nobody of that code is known. An organisation that is registered twice is
-- one, by its code. A key beside a code that is certainly another's has been refused (216).
create or replace function checks.parties_stated(q checks.question) returns text[]
language plpgsql stable as $$
begin
    if q.subject ? 'party_key' then
        return array(
            select q.subject ->> 'party_key'
            union
            select same.party_key from release.party as p
            inner join release.party as same on p.organisation_tax_code = same.organisation_tax_code
            where p.party_key = q.subject ->> 'party_key' and not p.is_held and not same.is_held
                and p.from_release <= q.release_id and p.to_release > q.release_id
                and same.from_release <= q.release_id and same.to_release > q.release_id
        );
    elsif q.subject ? 'organisation_tax_code' then
        return coalesce(checks.parties_of_code(q), '{}');
    end if;
    return null;
end
$$;
comment on function checks.parties_stated(checks.question) is 'The keys of whoever applies, as far as registers tell them.';
