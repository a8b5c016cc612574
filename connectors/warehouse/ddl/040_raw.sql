-- Bookkeeping of the loads, and the keyed pseudonym. The tables raw.<system>__<table> are made from the contracts
-- by connectors/warehouse/raw_tables.py.
create sequence if not exists raw.batch_number;
create sequence if not exists raw.change_number;

create table if not exists raw._batch (
    batch_id bigint primary key,
    system text not null,
    table_name text not null,
    partition text not null,
    mode text not null check (mode in ('snapshot', 'changes', 'append')),
    started_at timestamptz not null,
    finished_at timestamptz not null,
    rows_read bigint not null,
    inserted bigint not null,
    updated bigint not null,
    deleted bigint not null,
    rejected bigint not null,
    live_rows bigint not null,
    change_no bigint,
    mark_from text,
    mark_to text,
    manifest_path text,
    manifest_sha256 text,
    contract_sha256 text not null,
    shape_sha256 text not null,
    extractor_version text not null,
    source_as_of timestamptz not null
);
create index if not exists batch_by_table on raw._batch (system, table_name, partition, batch_id desc);
comment on table raw._batch is
'Grain: one row per accepted batch of one table and partition; change_no is null when the batch changed no row.';
comment on column raw._batch.rejected is 'rows of the source that stand in raw._rejected after this batch';
comment on column raw._batch.source_as_of is 'time at which the source was read: the age of the data is counted from it';

create table if not exists raw._mark (
    system text not null,
    table_name text not null,
    partition text not null,
    mark text not null,
    batch_id bigint not null,
    primary key (system, table_name, partition)
);
comment on table raw._mark is 'Grain: one row per table and partition: how far it has been read. It never goes back.';

create table if not exists raw._file (
    system text not null,
    table_name text not null,
    file_name text not null,
    size bigint not null,
    modified_at timestamptz not null,
    batch_id bigint not null,
    primary key (system, table_name, file_name)
);
comment on table raw._file is 'Grain: one row per file that an append table has read, as it was when last read.';

create table if not exists raw._rejected (
    batch_id bigint not null,
    system text not null,
    table_name text not null,
    partition text not null,
    row_ref text not null,
    payload jsonb not null,
    reason text not null
);
create index if not exists rejected_by_table on raw._rejected (system, table_name, partition);
comment on table raw._rejected is
'Grain: one row per source row that does not fit its contract and still stands so at the source. Holds personal data.';

create table if not exists raw._pseudonym_key (
    only_one boolean primary key default true check (only_one),
    key bytea not null check (octet_length(key) >= 32)
);

create or replace function raw.set_pseudonym_key(key_text text) returns void
language plpgsql security definer set search_path = pg_catalog as $$
begin
    insert into raw._pseudonym_key (key) values (convert_to(key_text, 'UTF8'))
    on conflict (only_one) do update set key = excluded.key where raw._pseudonym_key.key <> excluded.key;
end
$$;
comment on function raw.set_pseudonym_key(text) is
'Stores the secret (32 bytes or more) of raw.pseudonymise. Another secret makes other pseudonyms of the same person.';

create or replace function raw.pseudonymise(personal text) returns text
language plpgsql stable parallel safe strict security definer set search_path = pg_catalog as $$
declare
    normal text := regexp_replace(normalize(personal, NFC), '[\s\u00a0]+', '', 'g');
    secret bytea := (select k.key from raw._pseudonym_key as k);
begin
    if secret is null then
        raise exception 'raw.pseudonymise has no key: call raw.set_pseudonym_key first';
    end if;
    if normal = '' then
        return null;
    end if;
    return encode(public.hmac(convert_to(normal, 'UTF8'), secret, 'sha256'), 'hex');
end
$$;
comment on function raw.pseudonymise(text) is
'Keyed HMAC-SHA-256 in hex of a personal identifier, spaces left out; null and blank give null.';

do $$
declare
    thing text;
begin
    foreach thing in array array['_batch', '_mark', '_file', '_rejected', '_pseudonym_key'] loop
        execute format('alter table raw.%I owner to lt_owner', thing);
        execute format('revoke all on raw.%I from public, lt_builder, lt_loader', thing);
    end loop;
    foreach thing in array array['batch_number', 'change_number'] loop
        execute format('alter sequence raw.%I owner to lt_owner', thing);
        execute format('grant usage on sequence raw.%I to lt_loader', thing);
    end loop;
    foreach thing in array array['set_pseudonym_key', 'pseudonymise'] loop
        execute format('alter function raw.%I(text) owner to lt_owner', thing);
        execute format('revoke all on function raw.%I(text) from public', thing);
    end loop;
end
$$;
grant select, insert, update, delete on raw._batch, raw._mark, raw._file, raw._rejected to lt_loader;
grant select on raw._batch, raw._mark, raw._file, raw._rejected to lt_builder;
grant execute on function raw.pseudonymise(text) to lt_builder;
