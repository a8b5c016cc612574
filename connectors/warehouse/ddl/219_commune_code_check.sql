-- The check of commune codes: of every code that the dossier states, else of every parcel that it names. A day that has not
-- come is no day of a document, and nobody knows which communes there will be.
create or replace function checks.codes_asked(q checks.question) returns jsonb
language plpgsql stable as $$
begin
    if q.subject ? 'commune_code' or q.subject ? 'parcel' then
        return (
            select jsonb_agg(distinct c) from (
                select jsonb_build_object(
                    'commune_code', s -> 'commune_code', 'valid_on', (s ->> 'commune_valid_on')::date, 'is_stated', true
                ) as c
                from unnest(array[q.subject, q.subject -> 'parcel']) as s where s ? 'commune_code'
            ) as stated
        );
    end if;
    return (
        select jsonb_agg(distinct jsonb_build_object(
            'commune_code', p -> 'source_commune_code', 'valid_on', p -> 'source_commune_valid_on', 'is_stated', false
        ))
        from jsonb_array_elements(q.parcels) as p where p ->> 'source_commune_code' is not null
    );
end
$$;
comment on function checks.codes_asked(checks.question) is
'The commune codes and days that the subject states, else those by which the registers know its parcels.';

create or replace function checks.commune_code_valid(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    asked jsonb := checks.codes_asked(q);
    one jsonb;
    unit jsonb;
    answer checks.finding;
begin
    if asked is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["commune_code, parcel or a known parcel"]}');
    end if;
    for one in select a - 'is_stated' || jsonb_build_object('is_future', (a ->> 'is_stated')::boolean
            and (a ->> 'valid_on')::date > q.asked_on) from jsonb_array_elements(asked) as a
    loop
        unit := checks.unit_of_code(one ->> 'commune_code', (one ->> 'valid_on')::date, q.release_id);
        if unit is null then
            return checks.found('FAIL', 'CODE_NOT_VALID', one - 'is_future');
        elsif (one ->> 'is_future')::boolean then
            answer := checks.found('UNKNOWN', 'DAY_NOT_REACHED', one - 'is_future' || '{"missing": ["a day that has come"]}');
        elsif answer.result is null then
            answer := checks.found('PASS', 'CODE_VALID', jsonb_build_object(
                'commune', unit - 'parent_code', 'valid_on', one -> 'valid_on', 'n_codes', jsonb_array_length(asked)
            ));
        end if;
    end loop;
    if answer.result = 'PASS' and not (asked #>> '{0,is_stated}')::boolean
        and q.n_parcels > (
            select count(*) from jsonb_array_elements(q.parcels) as p where p ->> 'source_commune_code' is not null
        )
    then
        return checks.found('UNKNOWN', 'PARCEL_NOT_FOUND', '{"missing": ["every parcel named, with its commune"]}');
    end if;
    return answer;
end
$$;
comment on function checks.commune_code_valid(checks.question, jsonb) is
'Every commune code, as stated or of a parcel named, meant a commune on its day.';
