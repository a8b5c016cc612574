-- Checks of organisations. A code of 12 digits is a person's number: nothing is said of it, and it is never quoted.
-- As staging has it (macros/organisation_tax_code.sql): of a branch with a dash, 0107094917-001.
create or replace function checks.tax_code_of(code text) returns text
language plpgsql immutable as $$
declare
    digits text := regexp_replace(regexp_replace(code, '^\s*MST\s*:?', '', 'i'), '[\s.-]', '', 'g');
begin
    return case when digits ~ '^\d{13}$' then left(digits, 10) || '-' || right(digits, 3) else digits end;
end
$$;
comment on function checks.tax_code_of(text) is 'A tax code as it was typed, in the form of the registers.';

-- Check digit: 10 - (weighted sum mod 11), so a sum divisible by 11 is never issued; python-stdnum, stdnum.vn.mst.
create or replace function checks.is_tax_code(tax_code text) returns boolean
language plpgsql immutable as $$
begin
    return tax_code ~ '^\d{10}(-\d{3})?$' and substr(tax_code, 3, 7) <> '0000000' and substr(tax_code, 11) <> '-000'
        and 10 - (
            select sum(w.weight * substr(tax_code, w.place::integer, 1)::integer)
            from unnest(array[31, 29, 23, 19, 17, 13, 7, 5, 3]) with ordinality as w (weight, place)
        ) % 11 = substr(tax_code, 10, 1)::integer;
end
$$;
comment on function checks.is_tax_code(text) is
'Ten digits with the right check digit, or these and, after a dash, three of a branch.';

create or replace function checks.tax_code_valid(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    tax_code text := checks.tax_code_of(q.subject ->> 'organisation_tax_code');
begin
    if tax_code is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["organisation_tax_code"]}');
    elsif tax_code ~ '^\d{12}$' then
        return checks.found('UNKNOWN', 'CODE_OF_PERSON', '{"missing": ["a code of an organisation, 10 or 13 digits"]}');
    elsif checks.is_tax_code(tax_code) then
        return checks.found('PASS', 'CODE_VALID', jsonb_build_object('n_digits', length(replace(tax_code, '-', ''))));
    end if;
    return checks.found('FAIL', 'CODE_NOT_VALID', jsonb_build_object('n_characters', length(replace(tax_code, '-', ''))));
end
$$;
comment on function checks.tax_code_valid(checks.question, jsonb) is 'The tax code of the organisation is well formed.';

create or replace function checks.organisation_known(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    tax_code text := checks.tax_code_of(q.subject ->> 'organisation_tax_code');
    known_in text[] := '{}';
    held jsonb;
begin
    if tax_code is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["organisation_tax_code"]}');
    elsif tax_code ~ '^\d{12}$' then
        return checks.found('UNKNOWN', 'CODE_OF_PERSON', '{"missing": ["a code of an organisation, 10 or 13 digits"]}');
    end if;
    -- One statement each: a table that is not there yet may not even be named.
    if checks.is_published(q.datasets, 'party') then
        known_in := known_in || (
            select 'party'::text from release.party as p
            where p.organisation_tax_code = tax_code and not p.is_held and p.from_release <= q.release_id and p.to_release > q.release_id
            limit 1
        );
    end if;
    if checks.is_published(q.datasets, 'mineral_licence') then
        known_in := known_in || (
            select 'mineral_licence'::text from release.mineral_licence as l
            where l.holder_tax_code = tax_code and not l.is_held and l.from_release <= q.release_id and l.to_release > q.release_id
            limit 1
        );
    end if;
    if checks.is_published(q.datasets, 'facility') then
        known_in := known_in || (
            select 'facility'::text from release.facility as f
            where f.operator_tax_code = tax_code and not f.is_held and f.from_release <= q.release_id and f.to_release > q.release_id
            limit 1
        );
    end if;
    known_in := array_remove(known_in, null);
    if cardinality(known_in) = 0 then
        held := checks.held_in(
            checks.read_held(array[tax_code, 'holder:' || tax_code], q.release_id), '{party,mineral_licence,facility}'
        );
        if held is not null then
            return checks.found('HELD', 'RECORD_HELD', jsonb_build_object('held', held));
        end if;
        return checks.found('UNKNOWN', 'NOT_IN_REGISTERS', '{"missing": ["the register of enterprises is not connected"]}');
    end if;
    return checks.found('PASS', 'ORGANISATION_KNOWN', jsonb_build_object('known_in', known_in));
end
$$;
comment on function checks.organisation_known(checks.question, jsonb) is
'A good record of a connected register names the organisation; HELD when only held ones do; else unknown, for the
register of enterprises is not connected.';

-- What no connected register holds. The row says what is missing, so that nobody takes silence for consent.
create or replace function checks.not_connected(parameters jsonb) returns checks.finding
language plpgsql immutable as $$
begin
    return checks.found(
        'UNKNOWN', 'REGISTER_NOT_CONNECTED', jsonb_build_object('missing', jsonb_build_array(parameters -> 'missing'))
    );
end
$$;
comment on function checks.not_connected(jsonb) is 'Says that a fact is in no connected register, and which.';
