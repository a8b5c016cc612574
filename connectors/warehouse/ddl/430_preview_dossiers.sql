-- What a staged release would answer: for lt_publisher alone, before anybody else may see it (`lienthong preview`).
-- Readers have no way in: they may neither use this schema nor call these functions.
-- jsonb keeps the last of two members and says nothing; json keeps both.
create or replace function checks.member_twice(document json) returns text
language plpgsql immutable as $$
declare
    twice text := (select k from json_object_keys(document) as k group by k having count(*) > 1 limit 1);
    inner_document json;
begin
    if twice is null then
        for inner_document in
            select m.value from json_each(document) as m where json_typeof(m.value) = 'object'
        loop
            twice := coalesce(twice, checks.member_twice(inner_document));
        end loop;
    end if;
    return twice;
end
$$;
comment on function checks.member_twice(json) is 'A member that an object, or an object within it, is given twice; null if none.';

create or replace function preview.read_dossier(line text)
returns table (dossier text, procedure_code text, subject jsonb, geom geometry, problem text)
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
    given jsonb;
    kind text;
begin
    begin
        given := checks.in_nfc(line::jsonb);
        kind := jsonb_typeof(given);
        if kind <> 'object' then
            problem := format('a JSON %s instead of an object', kind);
        elsif jsonb_typeof(given -> 'dossier') is distinct from 'string'
            or length(given ->> 'dossier') not between 1 and 200
        then
            problem := 'dossier is not a text of 1 to 200 characters, by which the dossier is known';
        elsif jsonb_typeof(given -> 'procedure') is distinct from 'string'
            or given ->> 'procedure' !~ '^([1-9]\.\d{6}(\.[0-9A-Z]{1,3})*|LT-\d{2})$'
        then
            problem := 'procedure is not a procedure code, 1.012784 or LT-06';
        elsif checks.member_twice(line::json) is not null then
            problem := format('the member %s is given twice', left(checks.member_twice(line::json), 60));
        else
            perform checks.assert_subject(given -> 'subject');
            geom := checks.read_geometry(given -> 'subject');
        end if;
    exception
        when invalid_parameter_value then
            problem := sqlerrm;
        -- a value may be quoted in their texts, and may be a person's
        when invalid_text_representation or untranslatable_character or statement_too_complex then
            problem := 'this is not JSON';
    end;
    dossier := given ->> 'dossier';
    procedure_code := given ->> 'procedure';
    subject := given -> 'subject';
    return next;
end
$$;
comment on function preview.read_dossier(text) is
'One line of a list of open dossiers, {"dossier", "procedure", "subject"}; problem is null where it can be asked.';

create or replace function preview.names_stated(subject jsonb, shape geometry) returns text[]
language plpgsql immutable security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
    digits text := checks.tax_code_of(subject ->> 'organisation_tax_code');
begin
    return array_remove(array[
        'land_parcel:' || (subject ->> 'parcel_key'), subject ->> 'parcel_uid', subject ->> 'certificate_serial',
        'party:' || (subject ->> 'party_key'), digits, 'holder:' || digits,
        'mineral_licence:' || (subject ->> 'licence_key'),
        'mineral_licence:' || checks.number_name(subject ->> 'licence_number'),
        'environmental_permit:' || (subject ->> 'permit_key'),
        'environmental_permit:' || checks.number_name(subject ->> 'permit_number'),
        'facility:' || (subject ->> 'facility_key'), 'eia_decision:' || checks.number_name(subject ->> 'eia_number'),
        'unit:' || (subject ->> 'commune_code'),
        'unit:' || (subject #>> '{parcel,commune_code}'),
        'parcel:' || (subject #>> '{parcel,commune_code}') || '/' || checks.sheet_number(subject #>> '{parcel,sheet_no}')
        || '/' || checks.sheet_number(subject #>> '{parcel,parcel_no}'),
        -- what may turn out to be several parcels has a box that is more than the boxes of each
        case when subject ?| '{parcel_uid,parcel}' then 'several:' end
    ] || case
        when subject ? 'parcel_keys' then array(
            select 'land_parcel:' || k from jsonb_array_elements_text(subject -> 'parcel_keys') as k
        )
        else '{}'
    end || array(
        -- the cells themselves are met by their place
        select n from unnest(checks.cells_asked(shape, 'cell') || checks.cells_asked(shape, 'lot')) as n where n like '%:any'
    ), null);
end
$$;
comment on function preview.names_stated(jsonb, geometry) is
'Every key and number that a subject states by itself, in the form in which what a release touches is named
(expectations/dossiers/touched.py).';

create or replace function preview.tables_read() returns setof text
language sql stable security definer
set search_path = pg_catalog, public, pg_temp as $$
    select distinct m[1] from pg_proc as p, regexp_matches(p.prosrc, '\mrelease\.([a-z_]+)', 'g') as m
    where p.pronamespace = to_regnamespace('checks')
$$;
comment on function preview.tables_read() is 'The tables of schema release that the text of any check names.';

-- An open dossier that cannot be asked any more, or could not be asked until now, is an answer as well: REFUSED.
create or replace function preview.answers(asked text, about jsonb, at bigint)
returns table (check_code text, result text, reason_code text)
language plpgsql stable security definer rows 12
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan as $$
begin
    if at is null then
        return query select '*'::text, 'REFUSED'::text, 'nothing is published yet'::text;
        return;
    end if;
    return query select a.check_code, a.result, a.reason_code from checks.answers_of(asked, about, at) as a;
exception when invalid_parameter_value then
    return query select '*'::text, 'REFUSED'::text, sqlerrm;
end
$$;
comment on function preview.answers(text, jsonb, bigint) is
'Result and reason of every check, also of the staged release; one row (*, REFUSED, why) for a question that is refused.';

create or replace function preview.changed_answers(asked text, about jsonb, base bigint, staged bigint)
returns table (check_code text, before text, after text, reason_before text, reason_after text)
language sql stable rows 1
set search_path = pg_catalog, public, pg_temp as $$
    with was as materialized (
        select * from preview.answers(asked, about, base)
    ),
    would_be as materialized (
        select * from preview.answers(asked, about, staged)
    ),
    -- why it was, or would be, refused as a whole
    refused as (
        select
            (select w.reason_code from was as w where w.result = 'REFUSED') as was_because,
            (select w.reason_code from would_be as w where w.result = 'REFUSED') as would_be_because
    ),
    paired as (
        select
            coalesce(w.check_code, n.check_code) as check_code,
            coalesce(w.result, case when r.was_because is null then 'NOT_ASKED' else 'REFUSED' end) as before,
            coalesce(n.result, case when r.would_be_because is null then 'NOT_ASKED' else 'REFUSED' end) as after,
            coalesce(w.reason_code, r.was_because) as reason_before,
            coalesce(n.reason_code, r.would_be_because) as reason_after
        from was as w
        full join would_be as n on w.check_code = n.check_code
        cross join refused as r
    )
    select p.check_code, p.before, p.after, p.reason_before, p.reason_after
    from paired as p
    -- a refusal is told with each check that was or would be answered, and by itself only where there is none
    where (p.check_code <> '*' or (select count(*) from paired as o) = 1)
        and (p.before <> p.after or (p.before <> 'REFUSED' and p.reason_before is distinct from p.reason_after))
$$;
comment on function preview.changed_answers(text, jsonb, bigint, bigint) is
'The checks of a dossier whose result or reason differs between two releases. NOT_ASKED: the check is not asked in one.';

revoke execute on function preview.read_dossier(text), preview.names_stated(jsonb, geometry), preview.tables_read(),
preview.answers(text, jsonb, bigint), preview.changed_answers(text, jsonb, bigint, bigint) from public;
grant execute on function preview.read_dossier(text), preview.names_stated(jsonb, geometry), preview.tables_read(),
preview.answers(text, jsonb, bigint), preview.changed_answers(text, jsonb, bigint, bigint) to lt_publisher;
