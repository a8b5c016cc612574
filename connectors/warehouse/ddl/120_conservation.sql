-- Conservation of rows: per source table, partition and release, every live row of raw is published, held, superseded,
-- out of scope, or arrived after the build read its table; with the rows that do not fit their contract (rejected) that
-- is everything the source has. Counted in the transaction that stages the dataset, and asked again of the pointer: a
-- release that does not balance is not published, whatever the gate said.
-- Counts alone would let a row that is counted twice stand for a lost one, so records are also met one by one, in the
-- join that counts them: a source row without a record, and a record without a source row, are told whatever the sums.
create table if not exists quality.row_check (
    dataset text not null,
    release_id bigint not null,
    row_count bigint not null,
    checked_at timestamptz not null default now(),
    primary key (dataset, release_id)
);
comment on table quality.row_check is 'Which datasets were judged row by row. Grain: one row per dataset and release.';

create table if not exists release.source_account (
    source text primary key,
    dataset text not null,
    query text not null,
    remainder text
);
alter table release.source_account add column if not exists is_record boolean not null default false;
comment on table release.source_account is
'Grain: one row per source table (system.table): the dataset that accounts for its rows, and the SELECT that says how:
partition, change_no, record_key, fate, n. is_record: every row makes one record, and no record comes from elsewhere.';
comment on column release.source_account.remainder is
'Rows that no record counts, with their change_no. Rows that came after the build are told from lost ones by the change
numbers of batches (inserted less deleted) and not row by row: the publisher may not read the rows of raw.';

create table if not exists release.conservation (
    release_id bigint not null,
    source text not null,
    partition text not null,
    dataset text not null,
    live_rows bigint not null,
    rejected bigint not null,
    published bigint not null,
    held bigint not null,
    superseded bigint not null,
    out_of_scope bigint not null,
    arrived_later bigint not null,
    primary key (release_id, source, partition)
);
do $$
begin
    if not exists (
        select from pg_catalog.pg_attribute as a
        where a.attrelid = 'release.conservation'::regclass and a.attname = 'without_record' and not a.attisdropped
    ) then
        drop view if exists quality.conservation;
        alter table release.conservation drop column if exists unaccounted;
        alter table release.conservation add column rejected_kept bigint not null default 0;
        alter table release.conservation add column without_record bigint not null default 0;
        update release.conservation as c set rejected_kept = c.rejected;
        alter table release.conservation add column unaccounted bigint not null generated always as (
            case
                when live_rows <> published + held + superseded + out_of_scope + arrived_later
                    then live_rows - published - held - superseded - out_of_scope - arrived_later
                when rejected <> rejected_kept then rejected - rejected_kept
                else without_record
            end
        ) stored;
    end if;
end
$$;
comment on table release.conservation is
'Grain: one row per release, source table and partition; counts of source rows. unaccounted is 0 in what is published.';
comment on column release.conservation.rejected is 'rows that the last batch said were rejected';
comment on column release.conservation.rejected_kept is 'rows that stand in raw._rejected, each with its reason';
comment on column release.conservation.without_record is
'Source rows that should be in a record and are in none, or records that no source row makes: also where the sums agree.';

create or replace view quality.conservation as
select
    c.release_id,
    c.source,
    c.partition,
    c.dataset,
    c.live_rows + c.rejected as source_rows,
    c.published,
    c.held,
    c.rejected_kept as rejected,
    c.superseded,
    c.out_of_scope,
    c.arrived_later,
    c.unaccounted,
    c.unaccounted = 0 as is_balanced
from release.conservation as c;
comment on view quality.conservation is
'Cân đối số dòng: nguồn = công bố + giữ lại + bị loại + được thay + ngoài phạm vi + đến sau. / The balance of rows.';

create or replace function release.count_sources() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    -- A dataset that this release did not judge is carried over as it was, with its balance.
    if exists (
        select from quality.row_check as k where k.dataset = new.dataset and k.release_id = new.release_id
    ) then
        delete from release.conservation as c where c.release_id = new.release_id and c.dataset = new.dataset;
        perform release.count_rows(new.dataset, new.release_id);
        perform release.count_made_up(new.dataset, new.release_id, new.row_count);
    else
        insert into release.conservation (
            release_id, source, partition, dataset, live_rows, rejected, published, held, superseded, out_of_scope,
            arrived_later, rejected_kept, without_record
        )
        select
            new.release_id, c.source, c.partition, c.dataset, c.live_rows, c.rejected, c.published, c.held, c.superseded,
            c.out_of_scope, c.arrived_later, c.rejected_kept, c.without_record
        from release.conservation as c inner join release.pointer as p on c.release_id = p.release_id
        where c.dataset = new.dataset
        on conflict do nothing;
    end if;
    return null;
end
$$;
create or replace trigger staged_rows_are_counted after insert or update of row_count on release.dataset_release
for each row execute function release.count_sources();

create or replace function release.refuse_unbalanced() returns trigger
language plpgsql set search_path = pg_catalog as $$
declare
    worst record;
begin
    if new.release_id is distinct from old.release_id then
        select c.source, c.partition, c.unaccounted into worst from release.conservation as c
        where c.release_id = new.release_id and c.unaccounted <> 0 order by abs(c.unaccounted) desc limit 1;
        if found then
            raise exception 'release % does not balance: % rows of % (partition %) are neither published, held, rejected, superseded nor out of scope',
                new.release_id, worst.unaccounted, worst.source, worst.partition
                using errcode = 'integrity_constraint_violation', hint = 'See quality.conservation. Nothing was published.';
        end if;
    end if;
    return new;
end
$$;
create or replace trigger pointer_is_balanced before update on release.pointer
for each row execute function release.refuse_unbalanced();

-- of the rejected rows the publisher sees where they are, and nothing of what they say
grant select (system, table_name, partition) on raw._rejected to lt_publisher;
grant select, insert, update, delete on quality.row_check, release.source_account to lt_publisher;
grant select, insert, update, delete on release.conservation to lt_publisher;
grant select on quality.conservation to lt_publisher, auditor_reader;
grant select on quality.row_check, release.source_account, release.conservation to auditor_reader;
