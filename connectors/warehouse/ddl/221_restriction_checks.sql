-- Is the parcel free? The restrictions in force on the parcels named are in the question already.
create or replace function checks.restrictions_of(q checks.question, kinds text[], subject_types text[]) returns jsonb
language plpgsql immutable as $$
begin
    return (
        select jsonb_agg(r - 'source_system') from jsonb_array_elements(q.restrictions) as r
        where r ->> 'kind' = any(kinds) and not r ? 'is_end_unknown' and (subject_types is null or r ->> 'subject_type' = any(subject_types))
    );
end
$$;

-- Of a day before the release: over by now, and nobody noted since when.
create or replace function checks.end_unknown(q checks.question, kinds text[], subject_types text[]) returns checks.finding
language plpgsql immutable as $$
declare
    undated jsonb := (
        select jsonb_agg(r ->> 'restriction_key') from jsonb_array_elements(q.restrictions) as r
        where r ->> 'kind' = any(kinds) and r ? 'is_end_unknown'
            and (subject_types is null or r ->> 'subject_type' = any(subject_types))
    );
begin
    if undated is null then
        return null;
    end if;
    return checks.found('UNKNOWN', 'END_NOT_RECORDED', jsonb_build_object(
        'restriction_keys', undated, 'missing', '["the day on which the restriction ended"]'::jsonb
    ));
end
$$;
comment on function checks.end_unknown(checks.question, text[], text[]) is
'UNKNOWN where a restriction of these kinds ended nobody knows when, asked of a day before the release; else null.';

create or replace function checks.is_free(q checks.question, kinds text[], subject_types text[]) returns checks.finding
language plpgsql stable as $$
declare
    found_rows jsonb := case when q.restrictions is not null then checks.restrictions_of(q, kinds, subject_types) end;
    undated checks.finding;
begin
    if found_rows is null then
        if q.is_before_release then
            undated := checks.end_unknown(q, kinds, subject_types);
            if undated.result is not null then
                return undated;
            end if;
        end if;
        return checks.found('PASS', 'NONE_IN_FORCE', jsonb_build_object(
            'n_restrictions', coalesce(jsonb_array_length(q.restrictions), 0)
        ));
    end if;
    return checks.found('FAIL', kinds[1] || '_IN_FORCE', jsonb_build_object('restrictions', found_rows));
end
$$;
comment on function checks.is_free(checks.question, text[], text[]) is
'No restriction of these kinds is in force on the parcels, by way of these subjects.';

-- A block on a certificate or on a person reaches a parcel by way of a right. Where none is recorded it reaches nothing, and
-- that none was found says nothing.
create or replace function checks.is_free_by_right(q checks.question, subject_types text[]) returns checks.finding
language plpgsql stable as $$
declare
    finding checks.finding := checks.is_free(q, '{BLOCK}', subject_types);
    without text[];
begin
    if finding.result = 'PASS' then
        select array_agg(k) into without from unnest(q.parcel_keys) as k
        where not exists (
            select from release.land_right as r
            where r.parcel_key = k and r.from_release <= q.release_id and r.to_release > q.release_id
        );
        if without is not null then
            return checks.found('UNKNOWN', 'RIGHT_NOT_RECORDED', jsonb_build_object(
                'parcel_keys', without, 'missing', '["a right in the parcel, by which a block would reach it"]'::jsonb
            ));
        end if;
    end if;
    return finding;
end
$$;
comment on function checks.is_free_by_right(checks.question, text[]) is
'No block reaches the parcels by way of their rights; unknown where no right is recorded.';

-- The flag says of no day since when it stands there.
create or replace function checks.no_dispute(q checks.question) returns checks.finding
language plpgsql stable as $$
declare
    finding checks.finding := checks.is_free(q, '{DISPUTE}', null);
begin
    if finding.result = 'FAIL'
        or not exists (select from jsonb_array_elements(q.parcels) as p where p -> 'is_disputed' = 'true')
    then
        return finding;
    elsif q.is_before_release then
        return checks.found('UNKNOWN', 'BEGIN_NOT_RECORDED', jsonb_build_object(
            'flag_of_register', true, 'missing', '["the day since which the register flags the parcel as disputed"]'::jsonb
        ));
    end if;
    return checks.found('FAIL', 'DISPUTE_IN_FORCE', jsonb_build_object('flag_of_register', true));
end
$$;
comment on function checks.no_dispute(checks.question) is 'No dispute is open on the parcels, nor flagged by the register.';

create or replace function checks.dispute_known(q checks.question) returns checks.finding
language plpgsql stable as $$
declare
    disputes jsonb := checks.restrictions_of(q, '{DISPUTE}', null);
    is_flagged boolean := exists (select from jsonb_array_elements(q.parcels) as p where p -> 'is_disputed' = 'true');
    undated checks.finding := checks.end_unknown(q, '{DISPUTE}', null);
begin
    if undated.result is not null then
        return undated;
    end if;
    return checks.found(
        'PASS', case when disputes is null and not is_flagged then 'NOT_DISPUTED' else 'DISPUTED' end,
        jsonb_build_object('disputes', coalesce(disputes, '[]'), 'flag_of_register', is_flagged)
    );
end
$$;
comment on function checks.dispute_known(checks.question) is
'Tells the disputes on record, because a conciliation opens one; passes with or without.';

create or replace function checks.mortgage_known(q checks.question) returns checks.finding
language plpgsql stable as $$
declare
    mortgages jsonb := checks.restrictions_of(q, '{MORTGAGE}', null);
    undated checks.finding := checks.end_unknown(q, '{MORTGAGE}', null);
begin
    if undated.result is not null then
        return undated;
    end if;
    return checks.found(
        'PASS', case when mortgages is null then 'NOT_MORTGAGED' else 'MORTGAGED' end,
        jsonb_build_object('mortgages', coalesce(mortgages, '[]'))
    );
end
$$;
comment on function checks.mortgage_known(checks.question) is 'Tells the mortgages in force; passes with or without.';

create or replace function checks.no_unconsented_mortgage(q checks.question) returns checks.finding
language plpgsql stable as $$
declare
    mortgages jsonb := checks.restrictions_of(q, '{MORTGAGE}', null);
    undated checks.finding := checks.end_unknown(q, '{MORTGAGE}', null);
begin
    if mortgages is null then
        return case
            when undated.result is not null and q.subject -> 'mortgagee_consent' is distinct from 'true' then undated
            else checks.found('PASS', 'NOT_MORTGAGED', '{}')
        end;
    elsif q.subject -> 'mortgagee_consent' = 'true' then
        return checks.found('PASS', 'MORTGAGEE_CONSENTS', jsonb_build_object('mortgages', mortgages));
    elsif q.subject -> 'mortgagee_consent' = 'false' then
        return checks.found('FAIL', 'MORTGAGEE_REFUSES', jsonb_build_object('mortgages', mortgages));
    end if;
    return checks.found(
        'UNKNOWN', 'CONSENT_NOT_STATED', jsonb_build_object('mortgages', mortgages, 'missing', '["mortgagee_consent"]'::jsonb)
    );
end
$$;
comment on function checks.no_unconsented_mortgage(checks.question) is
'The parcels are not mortgaged, or whoever holds the mortgage agrees.';

create or replace function checks.mortgage_exists(q checks.question) returns checks.finding
language plpgsql stable as $$
declare
    mortgages jsonb := checks.restrictions_of(q, '{MORTGAGE}', null);
    undated checks.finding := checks.end_unknown(q, '{MORTGAGE}', null);
begin
    if q.subject ->> 'mortgage_request' is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["mortgage_request"]}');
    elsif q.subject ->> 'mortgage_request' <> 'DELETE' then
        return checks.found('PASS', 'NOT_A_DELETION', '{}');
    elsif mortgages is null and undated.result is not null then
        return undated;
    elsif mortgages is null then
        return checks.found('FAIL', 'NOT_MORTGAGED', '{}');
    end if;
    return checks.found('PASS', 'MORTGAGED', jsonb_build_object('mortgages', mortgages));
end
$$;
comment on function checks.mortgage_exists(checks.question) is
'There is a mortgage in force, as its deletion presumes; registering one presumes none.';
