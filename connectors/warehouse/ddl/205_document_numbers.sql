-- The number of a licence, permit or decision as a dossier writes it: 680/GP-UBND, with its day of issue or without. Numbers
-- begin anew with every year, so the day counts where it is written; whatever else stands beside the number would be passed
-- over, and is refused.
create or replace function checks.number_parts(document_number text) returns text[]
language plpgsql immutable as $$
begin
    return regexp_match(upper(normalize(document_number)), '^\s*(?:SỐ\s*:?\s*)?(\d{1,5})\s*/\s*([A-ZĐ]+)\s*-\s*([A-ZĐ&]+)');
end
$$;
comment on function checks.number_parts(text) is
'Number, symbol and issuer of a document, as 680/GP-UBND has them; null if it does not read.';

create or replace function checks.number_name(document_number text) returns text
language plpgsql immutable as $$
declare
    parts text[] := checks.number_parts(document_number);
begin
    return parts[1] || '/' || parts[2] || '-' || parts[3];
end
$$;

create or replace function checks.number_date(document_number text) returns date
language plpgsql immutable as $$
declare
    tail text := regexp_replace(
        upper(normalize(document_number)), '^\s*(?:SỐ\s*:?\s*)?\d{1,5}\s*/\s*[A-ZĐ]+\s*-\s*[A-ZĐ&]+\s*', ''
    );
    day text[] := coalesce(
        regexp_match(tail, '^(?:[,;]\s*)?(?:NGÀY\s*)?(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})\s*$'),
        regexp_match(tail, '^(?:[,;]\s*)?NGÀY\s*(\d{1,2})\s*THÁNG\s*(\d{1,2})\s*NĂM\s*(\d{4})\s*$')
    );
begin
    return make_date(day[3]::integer, day[2]::integer, day[1]::integer);
exception when datetime_field_overflow then
    return null;
end
$$;
comment on function checks.number_date(text) is
'The day that is written after the number of a document, day before month; null if none is or it is no day.';

create or replace function checks.is_document_number(document_number text) returns boolean
language plpgsql immutable as $$
begin
    return checks.number_parts(document_number) is not null and (
        normalize(document_number) ~* '^\s*(?:SỐ\s*:?\s*)?\d{1,5}\s*/\s*[A-ZĐ]+\s*-\s*[A-ZĐ&]+\s*$'
        or checks.number_date(document_number) is not null
    );
end
$$;
comment on function checks.is_document_number(text) is 'Whether a text is a number, with its day or without, and nothing else.';

create or replace function checks.day_stated(subject jsonb, of_what text) returns date
language plpgsql immutable as $$
begin
    return coalesce(
        (subject ->> (of_what || '_issued_on'))::date, checks.number_date(subject ->> (of_what || '_number'))
    );
end
$$;
comment on function checks.day_stated(jsonb, text) is 'The day of issue of a licence or permit, by itself or beside its number.';
