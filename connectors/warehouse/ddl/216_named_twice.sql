-- One thing named in two ways. To answer by one name and to pass over the other would be an answer about something that the
-- caller did not mean, so names that are on record and mean different things end the question. Several keys of parcels are
-- several parcels, and all are asked (214). A number beside a parcel is what PARCEL_NUMBER_MATCHES compares: where that is
-- asked, a number that differs is its FAIL. A name that nobody knows decides nothing here.
create or replace function checks.asks_number(q checks.question, procedure_code text) returns boolean
language plpgsql stable as $$
begin
    return coalesce(q.subject -> 'checks' ? 'PARCEL_NUMBER_MATCHES', true) and exists (
        select from release.procedure_requirement as r
        where r.procedure_code = asks_number.procedure_code and r.check_code = 'PARCEL_NUMBER_MATCHES'
            and r.valid_from <= q.asked_on and (r.valid_to is null or r.valid_to >= q.asked_on)
            and r.from_release <= q.release_id and r.to_release > q.release_id
    );
end
$$;
comment on function checks.asks_number(checks.question, text) is 'Whether the question compares a number with a parcel.';

create or replace function checks.assert_one_parcel(q checks.question, procedure_code text) returns void
language plpgsql stable as $$
declare
    others text[];
begin
    if q.parcel_keys is null or not checks.is_published(q.datasets, 'land_parcel') then
        return;
    end if;
    if q.subject ? 'parcel_uid' and q.subject ?| '{parcel_key,parcel_keys}' then
        others := checks.parcels_named(jsonb_build_object('parcel_uid', q.subject -> 'parcel_uid'), q.release_id, q.datasets);
        if not others && q.parcel_keys then
            perform checks.refuse(
                'parcel_uid is of another parcel than parcel_key or parcel_keys',
                'names of the same parcel; several parcels as parcel_keys', 'Leave out the name that is not meant.'
            );
        end if;
    end if;
    if q.subject ? 'parcel' and q.subject ?| '{parcel_key,parcel_keys,parcel_uid}'
        and checks.is_published(q.datasets, 'administrative_unit') and not checks.asks_number(q, procedure_code)
    then
        others := checks.parcels_by_number(q.subject -> 'parcel', q.release_id, q.datasets);
        if not others && q.parcel_keys then
            perform checks.refuse(
                'the number in parcel is of another parcel than parcel_key, parcel_keys or parcel_uid',
                'names of the same parcel; several parcels as parcel_keys', 'Leave out the name that is not meant.'
            );
        end if;
    end if;
end
$$;
comment on function checks.assert_one_parcel(checks.question, text) is
'Refuses an identifier or a number that is of none of the parcels named by key.';

drop function if exists checks.assert_one_document(text, text, date, text, date);
create or replace function checks.assert_one_document(
    subject jsonb, of_what text, number_name text, issued_on date
) returns void
language plpgsql stable as $$
begin
    if
        number_name <> checks.number_name(subject ->> (of_what || '_number'))
        or issued_on <> checks.day_stated(subject, of_what)
    then
        perform checks.refuse(
            format('the %1$s_key is of another %1$s than the number or the day of issue', of_what),
            format('%1$s_key alone, or %1$s_number with %1$s_issued_on', of_what), 'Leave out the name that is not meant.'
        );
    end if;
end
$$;
comment on function checks.assert_one_document(jsonb, text, text, date) is
'Refuses a number or a day of issue that is not that of the document named by key. What is not recorded says nothing.';

create or replace function checks.assert_one_day(subject jsonb, of_what text) returns void
language plpgsql stable as $$
begin
    if checks.day_stated(subject, of_what) <> checks.number_date(subject ->> (of_what || '_number')) then
        perform checks.refuse(
            format('%1$s_issued_on is another day than the one in %1$s_number', of_what),
            format('the same day in both, or %1$s_number without a day', of_what), 'Give the day of issue once.'
        );
    end if;
end
$$;

-- Of a party whose tax code the registers do not know a code may be true or not, also one that another entry has: that may be
-- the same organisation. What follows from it 224 leaves open. Of a party with another code, or of a person where the code
-- is that of an organisation, it is not. What is held says nothing here: it is HELD.
create or replace function checks.assert_one_party(q checks.question) returns void
language plpgsql stable as $$
declare
    known_code text;
    known_kind text;
begin
    select p.organisation_tax_code, p.kind into known_code, known_kind from release.party as p
    where p.party_key = q.subject ->> 'party_key' and not p.is_held
        and p.from_release <= q.release_id and p.to_release > q.release_id;
    if known_code <> checks.tax_code_of(q.subject ->> 'organisation_tax_code')
        or known_kind in ('PERSON', 'HOUSEHOLD') and checks.parties_of_code(q) is not null
    then
        perform checks.refuse(
            'party_key is of another party than organisation_tax_code', 'names of the same party',
            'Leave out the name that is not meant.'
        );
    end if;
end
$$;
comment on function checks.assert_one_party(checks.question) is
'Refuses a tax code that is not that of the party named by key, or that is an organisation''s beside the key of a person.';

create or replace function checks.assert_names_agree(q checks.question, procedure_code text) returns void
language plpgsql stable as $$
declare
    number_name text;
    issued_on date;
begin
    if q.subject ?| '{parcel_uid,parcel}' then
        perform checks.assert_one_parcel(q, procedure_code);
    end if;
    if q.subject ?& '{party_key,organisation_tax_code}' and checks.is_published(q.datasets, 'party') then
        perform checks.assert_one_party(q);
    end if;
    perform checks.assert_one_day(q.subject, 'licence');
    perform checks.assert_one_day(q.subject, 'permit');
    if q.subject ? 'licence_key' and q.subject ?| '{licence_number,licence_issued_on}'
        and checks.is_published(q.datasets, 'mineral_licence')
    then
        select l.number || '/' || l.symbol || '-' || l.issuer, l.issued_on into number_name, issued_on
        from release.mineral_licence as l
        where l.licence_key = q.subject ->> 'licence_key' and l.from_release <= q.release_id and l.to_release > q.release_id;
        perform checks.assert_one_document(q.subject, 'licence', number_name, issued_on);
    end if;
    if q.subject ? 'permit_key' and q.subject ?| '{permit_number,permit_issued_on}'
        and checks.is_published(q.datasets, 'environmental_permit')
    then
        select p.number || '/' || p.symbol || '-' || p.issuer, p.issued_on into number_name, issued_on
        from release.environmental_permit as p
        where p.permit_key = q.subject ->> 'permit_key' and p.from_release <= q.release_id and p.to_release > q.release_id;
        perform checks.assert_one_document(q.subject, 'permit', number_name, issued_on);
    end if;
end
$$;
comment on function checks.assert_names_agree(checks.question, text) is
'Refuses a subject that names one parcel, party, licence or permit in two ways that mean different ones.';
