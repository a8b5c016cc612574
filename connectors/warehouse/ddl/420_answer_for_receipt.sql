-- An answer with everything that a receipt says of it, from one snapshot. Signing is not done here: the key stays out of
-- the database (connectors/receipts).
do $$
declare
    edition text := (
        select encode(sha256(convert_to(string_agg(f.text, e'\n' order by f.text collate "C"), 'UTF8')), 'hex')
        from (
            select concat_ws(' ', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), p.prosrc) as text
            from pg_proc as p
            inner join pg_namespace as n on p.pronamespace = n.oid
            where (n.nspname = 'checks' and p.proname <> 'edition')
                or (n.nspname = 'shared' and p.proname in ('check_procedure', 'kept_release'))
        ) as f
    );
begin
    execute format(
        'create or replace function checks.edition() returns text language sql immutable as $f$ select %L::text $f$', edition
    );
end
$$;
comment on function checks.edition() is 'SHA-256 of the text of all checks: which edition of them answered.';

create or replace function checks.datasets_needed(code text, q checks.question) returns text[]
language plpgsql stable as $$
begin
    return (
        select array_agg(distinct d) from release.procedure_requirement as r cross join unnest(r.datasets) as d
        where r.procedure_code = code and r.valid_from <= q.asked_on and (r.valid_to is null or r.valid_to >= q.asked_on)
            and r.from_release <= q.release_id and r.to_release > q.release_id
            and (not q.subject ? 'checks' or q.subject -> 'checks' ? r.check_code)
    );
end
$$;
comment on function checks.datasets_needed(text, checks.question) is 'The datasets that the checks asked for read.';

create or replace function shared.answer_for_receipt(
    procedure_code text, subject jsonb, release_id bigint default null, ledger_entry bigint default null
) returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
set timezone = 'UTC'
set plan_cache_mode = force_generic_plan as $$
declare
    asked alias for $1;
    about jsonb := $2;
    at bigint := checks.release_asked($3);
    q checks.question;
    answers jsonb;
begin
    about := checks.in_nfc(about);
    perform checks.assert_subject(about);
    if checks.tax_code_of(about ->> 'organisation_tax_code') ~ '^\d{12}$' then
        perform checks.refuse(
            'organisation_tax_code is the number of a person', 'a code of an organisation, 10 or 13 digits',
            'A receipt is kept for years and holds no personal number: leave it out, or ask without a receipt.'
        );
    end if;
    about := about || jsonb_build_object(
        'asked_at', to_char(checks.moment_asked(about, at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    );
    perform set_config('lienthong.ledger_entry', coalesce($4::text, ''), true);
    select coalesce(jsonb_agg(to_jsonb(a) - 'release_id' - 'ordinality' order by a.ordinality), '[]') into answers
    from shared.check_procedure(asked, about, at) with ordinality as a;
    q := checks.read_question(about, at);
    perform set_config('lienthong.ledger_entry', '', true);
    return jsonb_build_object(
        'asked_at', about ->> 'asked_at',
        'release_id', at,
        'answers', answers,
        'rows', checks.rows_read(q, checks.datasets_needed(checks.procedure_asked(asked, at, q.asked_on), q)),
        'ledger', release.ledger_head(),
        'checks_sha256', checks.edition()
    );
end
$$;
comment on function shared.answer_for_receipt(text, jsonb, bigint, bigint) is
'The answers of shared.check_procedure with what a receipt says of them: the moment, the release, the published rows of the
subject with their hashes, and the last entry of the ledger. With ledger_entry, as known at that entry: a replay.';
revoke execute on function shared.answer_for_receipt(text, jsonb, bigint, bigint) from public;
grant execute on function shared.answer_for_receipt(text, jsonb, bigint, bigint)
to procedure_reader, auditor_reader, lt_publisher;
