-- The ledger (design 9): append-only and chained. The same text is hashed offline by connectors/warehouse/ledger.py.
create table if not exists audit.ledger (
    seq bigint primary key,
    at timestamptz not null,
    kind text not null check (kind ~ '^[a-z][a-z0-9_.-]*$'),
    payload jsonb not null,
    prev_hash text not null,
    hash text not null unique
);
comment on table audit.ledger is
'Grain: one row per crossing: loads, verdicts, releases, rollbacks. hash = sha256 over seq, at, kind, payload, prev_hash.';

create or replace function audit.at_text(at timestamptz) returns text
language sql immutable set search_path = pg_catalog as $$
    select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

create or replace function audit.record(entry_kind text, entry_payload jsonb) returns bigint
language plpgsql security definer set search_path = pg_catalog as $$
declare
    last_entry record;
    entry_at timestamptz;
    next_hash text;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'the ledger is written at READ COMMITTED only: an older snapshot does not see its last entry';
    end if;
    perform pg_advisory_xact_lock(hashtextextended('audit.ledger', 0));
    -- A statement of its own, so that it sees the entry committed while this one waited for the lock.
    select l.seq, l.hash into last_entry from audit.ledger as l order by l.seq desc limit 1;
    entry_at := clock_timestamp();
    next_hash := encode(sha256(convert_to(concat_ws(
        e'\n',
        coalesce(last_entry.seq, 0) + 1, audit.at_text(entry_at), entry_kind, entry_payload::text,
        coalesce(last_entry.hash, repeat('0', 64))
    ), 'UTF8')), 'hex');
    insert into audit.ledger (seq, at, kind, payload, prev_hash, hash) values (
        coalesce(last_entry.seq, 0) + 1, entry_at, entry_kind, entry_payload,
        coalesce(last_entry.hash, repeat('0', 64)), next_hash
    );
    return coalesce(last_entry.seq, 0) + 1;
end
$$;
comment on function audit.record(text, jsonb) is
'Appends one entry and answers its number. Call it last in a transaction: its lock lasts until commit.';

create or replace function audit.refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception 'audit.ledger is append-only: % is refused', lower(tg_op) using errcode = 'insufficient_privilege';
end
$$;
create or replace trigger ledger_rows_stay before update or delete on audit.ledger
for each row execute function audit.refuse_change();
create or replace trigger ledger_is_not_truncated before truncate on audit.ledger
for each statement execute function audit.refuse_change();
alter table audit.ledger enable always trigger ledger_rows_stay;
alter table audit.ledger enable always trigger ledger_is_not_truncated;
