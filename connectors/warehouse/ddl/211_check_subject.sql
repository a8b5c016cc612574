-- The subject of a question: which keys it may have and in which form. A key that is not known is refused rather than
-- ignored: a misspelt condition must not turn into a PASS.
create or replace function checks.subject_form(key text) returns text
language plpgsql immutable as $$
begin
    return case
        when key in ('parcel_key', 'party_key', 'licence_key', 'permit_key', 'facility_key') then 'key'
        when key = 'certificate_serial' then 'text'
        when key in ('licence_number', 'permit_number', 'eia_number') then 'document_number'
        when key = 'parcel_keys' then 'keys'
        when key = 'new_areas_m2' then 'numbers'
        when key in ('area_m2', 'max_age_hours') then 'number'
        when key = 'mortgagee_consent' then 'boolean'
        when key in ('licence_issued_on', 'permit_issued_on', 'commune_valid_on') then 'date'
        when key = 'asked_at' then 'time'
        when key in ('project_group', 'mineral_group') then 'group'
        when key in (
            'organisation_tax_code', 'target_land_use_code', 'parcel', 'parcel_uid', 'commune_code', 'licensing_authority',
            'mortgage_request', 'geometry', 'srid', 'checks'
        ) then key
    end;
end
$$;
comment on function checks.subject_form(text) is 'The form of a key of the subject; null for a key that no check knows.';

create or replace function checks.form_accepted(form text) returns text
language sql immutable as $$
    select case form
        when 'key' then 'a key, "land_registry:1000018", of at most 200 characters that can be seen'
        when 'text' then 'a text of 1 to 200 characters that can be seen, with no space around it'
        when 'organisation_tax_code' then 'a tax code, "0107094917", of at most 200 plain characters'
        when 'target_land_use_code' then 'a code of shared.land_use_type, three capital letters, "ONT"'
        when 'document_number' then '"680/GP-UBND", or with its day, "680/GP-UBND ngày 07/4/2020"; nothing else beside it'
        when 'keys' then 'a list of 1 to 100 keys, ["land_registry:1000018"]'
        when 'numbers' then 'a list of 1 to 100 numbers above 0'
        when 'number' then 'a number from 0.000001 to 1,000,000,000,000'
        when 'boolean' then 'true or false'
        when 'date' then 'a date, "2025-07-01"'
        when 'time' then 'a time that is not in the future, "2026-11-21T08:00:00+07:00"'
        when 'group' then '"I", "II", "III" or "IV"'
        when 'parcel' then
            '{"commune_code": "13285", "commune_valid_on": "2026-01-01", "sheet_no": "12", "parcel_no": "7"}'
        when 'parcel_uid' then 'the parcel identifier, 12 characters of 0-9 and b-z without i, l, o'
        when 'commune_code' then 'the 5 digits of a commune, with commune_valid_on where the code changed its meaning'
        when 'licensing_authority' then '"BNNMT" (the minister) or "UBND" (the chairman of a province)'
        when 'mortgage_request' then '"REGISTER" (to register a mortgage) or "DELETE" (to delete one)'
        when 'geometry' then 'a GeoJSON Point, Polygon or MultiPolygon inside Vietnam, at most 10,000 corners'
        when 'srid' then '4326 (WGS 84, as GeoJSON has it) or 4756 (VN-2000), longitude before latitude'
        when 'checks' then 'a list of check codes of the procedure'
    end
$$;
comment on function checks.form_accepted(text) is 'The accepted form, in words, for errors.';

create or replace function checks.is_date(value text) returns boolean
language plpgsql immutable strict as $$
begin
    return value ~ '^\d{4}-\d{2}-\d{2}$' and value::date is not null;
exception when datetime_field_overflow or invalid_datetime_format then
    return false;
end
$$;

create or replace function checks.is_past_time(value text) returns boolean
language plpgsql stable as $$
begin
    return value ~ '^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$' and value::timestamptz <= now();
exception when datetime_field_overflow or invalid_datetime_format or invalid_time_zone_displacement_value then
    return false;
end
$$;

create or replace function checks.are_all(list jsonb, kind text) returns boolean
language plpgsql immutable as $$
declare
    item jsonb;
begin
    if jsonb_typeof(list) <> 'array' or jsonb_array_length(list) not between 1 and 100 then
        return false;
    end if;
    for item in select i from jsonb_array_elements(list) as i loop
        if jsonb_typeof(item) <> kind or length(item #>> '{}') not between 1 and 200 or (
            kind = 'number' and item::numeric <= 0
        ) then
            return false;
        end if;
    end loop;
    return true;
end
$$;

-- What cannot be seen is no part of a name, and two texts that look the same are not told apart by whoever typed them.
create or replace function checks.is_seen(content text) returns boolean
language plpgsql immutable as $$
begin
    return length(content) between 1 and 200
        and content !~ '[[:cntrl:]\u00a0\u00ad\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]';
end
$$;
comment on function checks.is_seen(text) is 'A text of 1 to 200 characters with no other blank in it than the space.';

create or replace function checks.is_key(content text) returns boolean
language plpgsql immutable as $$
begin
    return checks.is_seen(content) and position(' ' in content) = 0 and content is nfkc normalized;
end
$$;
comment on function checks.is_key(text) is 'A text that may be a key: without blanks, and without signs that look like others.';

create or replace function checks.is_parcel_number(value jsonb) returns boolean
language plpgsql stable as $$
begin
    return coalesce(
        jsonb_typeof(value) = 'object'
        and value - '{commune_code,commune_valid_on,sheet_no,parcel_no}'::text[] = '{}'
        and value ->> 'commune_code' ~ '^\d{5}$'
        and jsonb_typeof(value -> 'sheet_no') in ('string', 'number')
        and jsonb_typeof(value -> 'parcel_no') in ('string', 'number')
        and length(value ->> 'sheet_no') <= 20 and checks.is_seen(checks.sheet_number(value ->> 'sheet_no'))
        and length(value ->> 'parcel_no') <= 20 and checks.is_seen(checks.sheet_number(value ->> 'parcel_no'))
        and coalesce(checks.is_date(value ->> 'commune_valid_on'), true),
        false
    );
end
$$;

create or replace function checks.are_keys(list jsonb) returns boolean
language plpgsql stable as $$
begin
    return checks.are_all(list, 'string')
        and not exists (select from jsonb_array_elements_text(list) as k where not checks.is_key(k));
end
$$;

-- An expression without a query costs next to nothing: those that need one are functions of their own.
create or replace function checks.has_form(value jsonb, form text) returns boolean
language plpgsql stable as $$
declare
    kind text := jsonb_typeof(value);
    content text := value #>> '{}';
begin
    return coalesce(case form
        when 'key' then kind = 'string' and checks.is_key(content)
        when 'text' then kind = 'string' and checks.is_seen(content) and content = btrim(content)
        when 'organisation_tax_code' then kind = 'string' and checks.is_seen(content) and content is nfkc normalized
        when 'target_land_use_code' then kind = 'string' and content ~ '^[A-Z]{3}$'
        when 'document_number'
            then kind = 'string' and length(content) between 1 and 200 and checks.is_document_number(content)
        when 'keys' then checks.are_keys(value)
        when 'checks' then checks.are_all(value, 'string')
        when 'numbers' then checks.are_all(value, 'number')
        when 'number' then kind = 'number' and value::numeric >= 0.000001 and value::numeric < 1e12
        when 'boolean' then kind = 'boolean'
        when 'date' then kind = 'string' and checks.is_date(content)
        when 'time' then kind = 'string' and checks.is_past_time(content)
        when 'group' then kind = 'string' and content in ('I', 'II', 'III', 'IV')
        when 'parcel' then checks.is_parcel_number(value)
        when 'parcel_uid' then kind = 'string' and content ~ '^[0-9b-hjkmnp-z]{12}$'
        when 'commune_code' then kind = 'string' and content ~ '^\d{5}$'
        when 'licensing_authority' then kind = 'string' and content in ('BNNMT', 'UBND')
        when 'mortgage_request' then kind = 'string' and content in ('REGISTER', 'DELETE')
        when 'srid' then kind = 'number' and content in ('4326', '4756')
        when 'geometry' then kind = 'object'
    end, false);
end
$$;
comment on function checks.has_form(jsonb, text) is 'Whether a value of the subject has the form its key asks for.';

-- The registers are read in normal form C (design 5): what a dossier writes with combining marks is the same text.
create or replace function checks.in_nfc(subject jsonb) returns jsonb
language plpgsql immutable as $$
begin
    return case when (subject - 'geometry')::text is nfc normalized then subject else normalize(subject::text, nfc)::jsonb end;
exception when invalid_parameter_value then
    return subject; -- no object: refused below
end
$$;
comment on function checks.in_nfc(jsonb) is 'The same subject with every text in Unicode normal form C.';

-- As staging has it (macros/sheet_number.sql): `012` is `12`, `dc12` is `DC12`.
create or replace function checks.sheet_number(written text) returns text
language plpgsql immutable as $$
begin
    return case
        when trim(written) ~ '^[0-9]+(\.0*)?$' then coalesce(nullif(ltrim(split_part(trim(written), '.', 1), '0'), ''), '0')
        else nullif(upper(normalize(trim(written), nfc)), '')
    end;
end
$$;
comment on function checks.sheet_number(text) is 'The number of a map sheet or parcel in the form of the registers.';

create or replace function checks.assert_subject(subject jsonb) returns void
language plpgsql stable as $$
declare
    given record;
    form text;
begin
    if subject is null or jsonb_typeof(subject) <> 'object' then
        perform checks.refuse(
            format('the subject is %s', coalesce('a JSON ' || jsonb_typeof(subject), 'null')),
            'a JSON object that says what the question is about',
            'For example {"parcel_key": "land_registry:1000018"}.'
        );
    end if;
    for given in select s.key, s.value from jsonb_each(subject) as s loop
        form := checks.subject_form(given.key);
        if form is null then
            perform checks.refuse(
                format('the subject has the key %s, which no check knows', left(given.key, 60)),
                'parcel_key, parcel_keys, parcel_uid, parcel, certificate_serial, area_m2, new_areas_m2, party_key, '
                'organisation_tax_code, licence_key, licence_number, licence_issued_on, permit_key, permit_number, '
                'permit_issued_on, facility_key, eia_number, commune_code, commune_valid_on, target_land_use_code, '
                'mortgagee_consent, mortgage_request, project_group, mineral_group, licensing_authority, geometry, srid, '
                'max_age_hours, asked_at, checks',
                'Correct or leave out the key.'
            );
        elsif not checks.has_form(given.value, form) then
            perform checks.refuse(
                format('%s of the subject has the wrong form (JSON %s)', given.key, jsonb_typeof(given.value)),
                checks.form_accepted(form),
                'Correct the value and ask again.'
            );
        end if;
    end loop;
end
$$;
comment on function checks.assert_subject(jsonb) is 'Refuses a subject with unknown keys or values of the wrong form.';
