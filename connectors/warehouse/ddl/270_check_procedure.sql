-- The one call of procedure systems (design 10).
do $$
begin
    if to_regtype('shared.check_answer') is null then
        create type shared.check_answer as (
            check_code text,
            result text,
            reason_code text,
            evidence jsonb,
            source_system text,
            as_of timestamptz,
            release_id bigint
        );
    end if;
end
$$;
comment on type shared.check_answer is
'result: PASS, FAIL, HELD (a record is in doubt; evidence says the rule, the custodian and since when), STALE (the source is
too old) or UNKNOWN (evidence says what is missing). Only FAIL speaks against the citizen.';

create or replace function checks.procedure_asked(asked text, at bigint, on_day date) returns text
language plpgsql stable as $$
declare
    code text;
    until date;
begin
    if asked is null or asked !~ '^([1-9]\.\d{6}(\.[0-9A-Z]{1,3})*|LT-\d{2})$' then
        perform checks.refuse(
            format('%s is not a procedure code', coalesce(quote_literal(left(asked, 60)), 'null')),
            'a national code, 1.012784, with or without suffix, or a number of the catalogue, LT-06',
            'See shared.procedure.'
        );
    end if;
    select p.procedure_code, p.valid_to into code, until from release.procedure as p
    where (p.procedure_code = left(asked, 8) or p.catalogue_no = asked)
        and p.from_release <= at and p.to_release > at and p.valid_from <= on_day
    order by p.valid_from desc limit 1;
    if code is null or until < on_day then
        perform checks.refuse(
            format('the procedure %s is %s on %s', asked, case when code is null then 'not known' else 'repealed' end, on_day),
            'a procedure of shared.procedure that is in force on the day', 'Look it up in shared.procedure.'
        );
    end if;
    return code;
end
$$;
comment on function checks.procedure_asked(text, bigint, date) is 'The procedure of a national code or catalogue number.';

create or replace function checks.assert_checks_known(asked jsonb, procedure_code text, at bigint, on_day date) returns void
language plpgsql stable as $$
declare
    strange text;
    known text;
begin
    select string_agg(r.check_code, ', ' order by r.seq) into known from release.procedure_requirement as r
    where r.procedure_code = assert_checks_known.procedure_code and r.valid_from <= on_day
        and (r.valid_to is null or r.valid_to >= on_day) and r.from_release <= at and r.to_release > at;
    select string_agg(left(a, 60), ', ') into strange from jsonb_array_elements_text(asked) as a
    where not a = any(string_to_array(known, ', '));
    if strange is not null then
        perform checks.refuse(
            format('the procedure %s has no check %s', procedure_code, strange), 'checks of ' || coalesce(known, '(none)'),
            'See shared.procedure_requirement.'
        );
    end if;
end
$$;

-- A parcel may be of one land register or another, and so are its rows in the datasets of land: the check alone cannot say.
create or replace function checks.source_read(
    q checks.question, needed text[], about text, declared text, answer checks.finding
) returns text
language plpgsql immutable as $$
declare
    document text := coalesce(answer.evidence ->> 'licence_key', answer.evidence ->> 'permit_key');
begin
    if document is not null then
        return split_part(document, ':', 1);
    elsif q.parcels is null or needed[1] is null or not needed[1] like 'land\_%'
        or about not in ('PARCEL', 'PARCEL_NAMED', 'PLACE')
        or answer.reason_code in ('DATASET_NOT_PUBLISHED', 'PLACE_NOT_COVERED')
    then
        return declared;
    elsif jsonb_array_length(q.parcels) = 1 then
        return coalesce(q.parcels #>> '{0,source_system}', declared);
    end if;
    return coalesce((
        select string_agg(distinct p ->> 'source_system', ', ') from jsonb_array_elements(q.parcels) as p
    ), declared);
end
$$;
comment on function checks.source_read(checks.question, text[], text, text, checks.finding) is
'The system of the records that an answer was read from, several joined by a comma; where none was, that of the check.';

-- The one definition of an answer, for whoever may choose the release: a published one (below), or the staged one (430).
create or replace function checks.answers_of(asked text, about jsonb, at bigint) returns setof shared.check_answer
language plpgsql stable rows 12 as $$
declare
    q checks.question;
    code text;
    need record;
    answer checks.finding;
begin
    about := checks.in_nfc(about);
    perform checks.assert_subject(about);
    q := checks.read_question(about, at);
    if not q.datasets ?& '{procedure,procedure_requirement}' then
        perform checks.refuse(
            format('release %s has no catalogue of procedures', at), 'a release with procedure and procedure_requirement',
            'See shared.dataset_status and shared.release.'
        );
    end if;
    code := checks.procedure_asked(asked, at, q.asked_on);
    if about ? 'checks' then
        perform checks.assert_checks_known(about -> 'checks', code, at, q.asked_on);
    end if;
    perform checks.assert_names_agree(q, code);
    for need in
        select r.check_code, r.datasets, r.place_datasets, r.subject, r.parameters, r.source_system
        from release.procedure_requirement as r
        where r.procedure_code = code and r.valid_from <= q.asked_on and (r.valid_to is null or r.valid_to >= q.asked_on)
            and r.from_release <= at and r.to_release > at
            and (not about ? 'checks' or about -> 'checks' ? r.check_code)
        order by r.seq
    loop
        -- many checks ask what lies over one place: it is read with the first of them
        if need.subject = 'PLACE' and q.lies_here is null and not 'land_parcel' = any(need.datasets) then
            q.held_here := checks.read_held_at(q, 'cell');
            q.lies_here := checks.read_overlaps(q);
        end if;
        answer := checks.judge(q, need.check_code, need.datasets, need.place_datasets, need.subject, need.parameters);
        return next row(
            need.check_code, answer.result, answer.reason_code, answer.evidence,
            checks.source_read(q, need.datasets, need.subject, need.source_system, answer),
            checks.oldest(q, need.datasets), at
        )::shared.check_answer;
    end loop;
end
$$;
comment on function checks.answers_of(text, jsonb, bigint) is
'The answers of every requirement of a procedure, from exactly this release: who may ask of which is for the caller to see to.';

-- Generic plans from the first call on: every query here is a search by key, and planning costs more than running.
create or replace function shared.check_procedure(procedure_code text, subject jsonb, release_id bigint default null)
returns setof shared.check_answer
language plpgsql stable security definer rows 12
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan as $$
begin
    return query select a.* from checks.answers_of($1, $2, checks.release_asked($3)) as a;
end
$$;
comment on function shared.check_procedure(text, jsonb, bigint) is
'What the state already knows about the subject of a dossier: one row per requirement of the procedure, in its order. Writes
nothing; the same question of a kept release has the same answer. Errors (22023) say what is accepted. What is no JSON, or is
nested too deeply, is an error of PostgreSQL (22P02, 54001) before the call. Of a member that is given twice jsonb keeps the
last, also before the call: whoever passes on the JSON of others reads it strictly first, as the HTTP face does.';
revoke execute on function shared.check_procedure(text, jsonb, bigint) from public;
grant execute on function shared.check_procedure(text, jsonb, bigint) to procedure_reader, auditor_reader, lt_publisher;
