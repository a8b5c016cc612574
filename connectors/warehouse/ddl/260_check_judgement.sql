-- From a check code to its function, and what every check has in common: published, covering the place, not held, fresh.
create or replace function checks.find(check_code text, q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
begin
    return case check_code
        when 'PARCEL_EXISTS' then checks.parcel_exists(q, parameters)
        when 'PARCEL_AREA_MATCHES' then checks.parcel_area_matches(q, parameters)
        when 'AREA_GAINED' then checks.area_gained(q, parameters)
        when 'PARCEL_NUMBER_MATCHES' then checks.parcel_number_matches(q, parameters)
        when 'PARCEL_NOT_SUPERSEDED' then checks.parcel_not_superseded(q, parameters)
        when 'COMMUNE_CODE_VALID' then checks.commune_code_valid(q, parameters)
        when 'NEW_LOTS_LARGE_ENOUGH' then checks.new_lots_large_enough(q, parameters)
        when 'NO_PARCEL_OVERLAP' then checks.no_parcel_overlap(q, parameters)
        when 'NO_DISPUTE' then checks.no_dispute(q)
        when 'DISPUTE_KNOWN' then checks.dispute_known(q)
        when 'NO_SEIZURE' then checks.is_free(q, '{SEIZURE}', null)
        when 'NO_BLOCK_ON_PARCEL' then checks.is_free(q, '{BLOCK}', '{PARCEL}')
        when 'NO_BLOCK_ON_CERTIFICATE' then checks.is_free_by_right(q, '{CERTIFICATE}')
        when 'NO_BLOCK_ON_PERSON' then checks.is_free_by_right(q, '{PERSON}')
        when 'NO_BLOCK_ON_ASSET' then checks.is_free(q, '{BLOCK}', '{ASSET}')
        when 'MORTGAGE_KNOWN' then checks.mortgage_known(q)
        when 'MORTGAGE_EXISTS' then checks.mortgage_exists(q)
        when 'NO_UNCONSENTED_MORTGAGE' then checks.no_unconsented_mortgage(q)
        when 'LAND_USE_ALLOWED' then checks.land_use(q, 'allowed', parameters)
        when 'LAND_USE_TERM_OPEN' then checks.land_use(q, 'term', parameters)
        when 'PLANNED_USE_AGREES' then checks.land_use(q, 'planned', parameters)
        when 'SAME_LAND_USE' then checks.land_use(q, 'same', parameters)
        when 'CERTIFICATE_IN_FORCE' then checks.certificate_in_force(q, parameters)
        when 'CERTIFICATE_COVERS_PARCEL' then checks.certificate_covers_parcel(q, parameters)
        when 'NO_CURRENT_CERTIFICATE' then checks.no_current_certificate(q, parameters)
        when 'LEASE_REGISTERED' then checks.lease_registered(q, parameters)
        when 'SAME_HOLDER' then checks.same_holder(q, parameters)
        when 'HOLDER_MATCHES' then checks.holder_matches(q, parameters)
        when 'NO_LICENCE_OVERLAP' then checks.no_overlap_with(q, 'mineral_licence', null, parameters)
        when 'NO_PROHIBITED_ZONE' then checks.no_overlap_with(q, 'mineral_zone', checks.kinds_of(check_code), parameters)
        when 'NO_TEMPORARILY_PROHIBITED_ZONE'
            then checks.no_overlap_with(q, 'mineral_zone', checks.kinds_of(check_code), parameters)
        when 'NO_RESERVE_ZONE' then checks.no_overlap_with(q, 'mineral_zone', checks.kinds_of(check_code), parameters)
        when 'NO_PROTECTED_AREA' then checks.no_overlap_with(q, 'protected_area', null, parameters)
        when 'MINERAL_PLANNING_KNOWN' then checks.zones_known(q, checks.kinds_of(check_code), parameters)
        when 'AUCTION_ZONES_KNOWN' then checks.zones_known(q, checks.kinds_of(check_code), parameters)
        when 'LICENCE_IN_FORCE' then checks.licence(q, 'in_force', parameters)
        when 'LICENCE_TYPE_FITS' then checks.licence(q, 'type', parameters)
        when 'LICENCE_REISSUE_IN_TIME' then checks.licence(q, 'reissue', parameters)
        when 'LICENCE_AGE' then checks.licence(q, 'age', parameters)
        when 'LICENCE_HOLDER_MATCHES' then checks.licence(q, 'holder', parameters)
        when 'LICENCE_COVERS_PARCELS' then checks.licence(q, 'covers', parameters)
        when 'AUTHORITY_COMPETENT' then checks.authority_competent(q, parameters)
        when 'PERMIT_IN_FORCE' then checks.permit(q, 'in_force')
        when 'PERMIT_NOT_REPLACED' then checks.permit(q, 'replaced')
        when 'PERMIT_NOT_REQUIRED' then checks.permit_not_required(q, parameters)
        when 'EIA_DECISION_EXISTS' then checks.eia_decision_exists(q, parameters)
        when 'EIA_APPRAISAL_REQUIRED' then checks.eia_appraisal_required(q, parameters)
        when 'FACILITY_PERMITTED' then checks.facility_permitted(q, parameters)
        when 'FACILITY_ON_PARCEL' then checks.facility_on_parcel(q, parameters)
        when 'TAX_CODE_VALID' then checks.tax_code_valid(q, parameters)
        when 'ORGANISATION_KNOWN' then checks.organisation_known(q, parameters)
        else case when parameters ? 'missing' then checks.not_connected(parameters) end
    end;
end
$$;
comment on function checks.find(text, checks.question, jsonb) is
'What a check finds; null for a code that has no function and does not say what is missing either.';

create or replace function checks.not_covered(q checks.question, needed text[]) returns jsonb
language plpgsql immutable as $$
begin
    return (
        select jsonb_agg(n || ' of ' || coalesce(array_to_string(q.places, ', '), 'a parcel whose commune is not known'))
        from unnest(needed) as n where not n = any(coalesce(q.covering, '{}'))
    );
end
$$;
comment on function checks.not_covered(checks.question, text[]) is
'Datasets that do not speak for all places (province/commune) of the subject.';

-- The one definition of coverage, for every check and for shared.parcel_encumbrances. A parcel lies somewhere: of one whose
-- place is not known nobody can tell that a dataset speaks for it. Other subjects may have no place at all.
create or replace function checks.is_uncovered(q checks.question, place_datasets text[]) returns boolean
language plpgsql immutable as $$
begin
    return case
        when q.places is not null then not place_datasets <@ coalesce(q.covering, '{}')
        else q.parcels is not null and cardinality(place_datasets) > 0
    end;
end
$$;
comment on function checks.is_uncovered(checks.question, text[]) is
'Whether one of these datasets does not speak for the places of the subject (dataset_coverage of the release, on the day).';

-- Without the parcel nothing follows for whatever is asked of it, nor from where it lies while that is in doubt; and a
-- number is looked up through the units and the renumbering.
create or replace function checks.also_read(q checks.question, about text) returns text[]
language plpgsql immutable as $$
declare
    is_complete boolean := coalesce(jsonb_array_length(q.parcels), 0) = q.n_parcels;
begin
    return case
        when q.n_parcels = 0 or about not in ('PARCEL', 'PARCEL_NAMED', 'PLACE') then '{}'
        when not is_complete and q.subject ? 'parcel'
            then '{land_parcel,land_parcel_lineage,administrative_unit,administrative_unit_change}'
        when not is_complete or about = 'PLACE' then '{land_parcel}'
        else '{}'
    end;
end
$$;
comment on function checks.also_read(checks.question, text) is
'Datasets that are read to find the subject, besides those of the check itself.';

-- Before the check itself: what would make its answer worthless. A subject of several parcels is known only with all, and
-- so is a place: where a parcel lies that nobody knows, nothing was looked for.
create or replace function checks.obstacle(
    q checks.question, check_code text, needed text[], place_datasets text[], about text
) returns checks.finding
language plpgsql stable as $$
declare
    held jsonb;
    shape checks.question;
begin
    if not q.datasets ?& needed then
        return checks.found('UNKNOWN', 'DATASET_NOT_PUBLISHED', jsonb_build_object('missing', (
            select jsonb_agg(n) from unnest(needed) as n where not q.datasets ? n
        )));
    end if;
    -- an organisation is known by any good record: what is held of it elsewhere is looked for by the check itself
    if q.held is not null and about <> 'ORGANISATION' then
        held := checks.held_that_matters(
            checks.held_in(q.held, needed || checks.also_read(q, about)), checks.kinds_of(check_code)
        );
    end if;
    if held is null and about = 'PLACE' then
        held := checks.held_nearby(q, needed);
        if held is not null then
            held := checks.held_that_matters(held, checks.kinds_of(check_code));
        end if;
    end if;
    if held is not null then
        return checks.found('HELD', 'RECORD_HELD', jsonb_build_object('held', held));
    elsif about = 'PARCEL' and q.n_parcels = 0 then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["parcel_key, parcel_keys, parcel_uid or parcel"]}');
    elsif about in ('PARCEL', 'PLACE') and coalesce(jsonb_array_length(q.parcels), 0) <> q.n_parcels then
        return checks.found('UNKNOWN', 'PARCEL_NOT_FOUND', jsonb_strip_nulls(jsonb_build_object(
            'missing', '["every parcel named"]'::jsonb, 'not_found', checks.keys_not_found(q)
        )));
    elsif checks.is_uncovered(q, place_datasets) then
        return checks.found(
            'UNKNOWN', 'PLACE_NOT_COVERED', jsonb_build_object('missing', checks.not_covered(q, place_datasets))
        );
    elsif about = 'PLACE' and q.shape_places is not null then
        shape := q;
        shape.places := q.shape_places;
        shape.covering := q.shape_covering;
        if checks.is_uncovered(shape, place_datasets) then
            return checks.found(
                'UNKNOWN', 'PLACE_NOT_COVERED', jsonb_build_object('missing', checks.not_covered(shape, place_datasets))
            );
        end if;
    end if;
    return null;
end
$$;
comment on function checks.obstacle(checks.question, text, text[], text[], text) is
'Why a check cannot be answered at all: not published, held, subject not known, place not covered. Null when it can.';

create or replace function checks.oldest(q checks.question, needed text[]) returns timestamptz
language plpgsql immutable as $$
declare
    oldest timestamptz;
    dataset text;
begin
    foreach dataset in array needed loop
        oldest := least(oldest, (q.datasets #>> array[dataset, 'as_of'])::timestamptz);
    end loop;
    return oldest;
end
$$;
comment on function checks.oldest(checks.question, text[]) is 'The age of the oldest source that an answer rests on.';

create or replace function checks.stale_datasets(q checks.question, needed text[]) returns jsonb
language plpgsql immutable as $$
begin
    return (
        select jsonb_agg(jsonb_build_object(
            'dataset', n, 'as_of', q.datasets #> array[n, 'as_of'],
            'limit', least(q.max_age, (q.datasets #>> array[n, 'max_age'])::interval)
        ))
        from unnest(needed) as n where n = any(q.stale)
    );
end
$$;
comment on function checks.stale_datasets(checks.question, text[]) is
'Datasets whose oldest source is older than the caller or its contract allows, whichever is less.';

create or replace function checks.judge(
    q checks.question, check_code text, needed text[], place_datasets text[], about text, parameters jsonb
) returns checks.finding
language plpgsql stable as $$
declare
    answer checks.finding := checks.obstacle(q, check_code, needed, place_datasets, about);
begin
    if answer.result is not null then
        return answer;
    end if;
    answer := checks.find(check_code, q, coalesce(parameters, '{}'));
    if answer.result is null then
        raise exception 'the procedure asks for the check %, which has no function', check_code
            using errcode = 'undefined_function', hint = 'Add it to checks.find, or say in its parameters what is missing.';
    end if;
    if needed && q.stale and answer.result in ('PASS', 'FAIL') then
        return checks.found('STALE', 'SOURCE_TOO_OLD', answer.evidence || jsonb_build_object(
            'stale', checks.stale_datasets(q, needed), 'would_be', answer.result
        ));
    end if;
    return answer;
end
$$;
comment on function checks.judge(checks.question, text, text[], text[], text, jsonb) is
'The answer of one check: an obstacle, else what was found; PASS and FAIL from an old source are STALE.';
