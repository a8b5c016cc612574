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

-- Source rows that no record counts, such as lines without a readable time. They are looked for only where some are
-- missing, because that may mean to read everything; what was loaded after the build read the table is not missing.
-- Of the remainder only rows that the build read count here, by their change number: one that came later is among those
-- loaded since, and would otherwise excuse a second row, one truly lost. What was loaded since and is gone again, or took
-- the place of another, excuses none.
create or replace function release.count_remainder(
    for_release bigint, account release.source_account, built bigint
) returns void
language plpgsql set search_path = pg_catalog as $$
declare
    -- (what should be in a record and is in none was there when the tables were built: nothing excuses it)
    missing bigint := (
        select
            sum(c.live_rows - c.published - c.held - c.superseded - c.out_of_scope - c.arrived_later - c.without_record)
        from release.conservation as c
        where c.release_id = for_release and c.source = account.source
    );
    loaded_since bigint := (
        select greatest(coalesce(sum(b.inserted - b.deleted), 0), 0) from raw._batch as b
        where b.system || '.' || b.table_name = account.source and b.change_no > built
    );
    unplaced bigint := 0;
begin
    if missing > loaded_since then
        execute format('select count(*) from %s as r where r.change_no <= $1', account.remainder)
        into unplaced using coalesce(built, 9223372036854775807);
    end if;
    update release.conservation as c
    set out_of_scope = c.out_of_scope + unplaced, arrived_later = least(loaded_since, greatest(missing - unplaced, 0))
    where c.release_id = for_release and c.source = account.source;
end
$$;

-- Whether rows were loaded after the build read the sources of a dataset: then one may be gone since, and a record that
-- no row makes any more is for the next release.
create or replace function release.was_loaded_since(of_dataset text, for_release bigint) returns boolean
language sql stable set search_path = pg_catalog as $$
    select exists (
        select from release.source_account as a
        inner join raw._batch as b on a.source = b.system || '.' || b.table_name
        inner join release.release as r on r.release_id = for_release
        where a.dataset = of_dataset and b.change_no > (r.fingerprint -> 'raw' ->> a.source)::bigint
    )
$$;

-- The rows of all source tables of a dataset against what is staged, its records read once. A row that a record carries
-- shares the fate of the record.
-- (Whole registers are compared by keys put together as text: hashed they take a third of the time that sorting takes.)
drop function if exists release.count_source(text, text, bigint);
create or replace function release.count_rows(of_dataset text, for_release bigint) returns void
language plpgsql set search_path = pg_catalog set enable_mergejoin = off as $$
declare
    -- (One column as it is: to put all keys together costs as much as to compare them.)
    record_key text := (
        select
            case
                when cardinality(d.key_columns) = 1 then format('v.%I::text', d.key_columns[1])
                else 'concat_ws(''|'', ' || (
                    select string_agg(format('v.%I', k), ', ' order by n)
                    from unnest(d.key_columns) with ordinality as c (k, n)
                ) || ')'
            end
        from release.dataset as d where d.dataset = of_dataset
    );
    source_rows text := (
        select string_agg(
            format(
                'select %L::text as source, %s::bigint as built, r.* from (%s) as r',
                a.source, coalesce(r.fingerprint -> 'raw' ->> a.source, 'null'), a.query
            ),
            ' union all ' order by a.source
        )
        from release.source_account as a cross join release.release as r
        where a.dataset = of_dataset and r.release_id = for_release
    );
    -- the source by which records without a row are told; null where records may come from elsewhere
    record_source text := (
        select min(a.source) from release.source_account as a
        where a.dataset = of_dataset and a.is_record and not release.was_loaded_since(of_dataset, for_release)
    );
begin
    if source_rows is null then
        return;
    end if;
    execute format(
        $q$
        insert into release.conservation as c (
            release_id, source, partition, dataset, live_rows, rejected, published, held, superseded, out_of_scope,
            arrived_later, rejected_kept, without_record
        )
        with batch as (
            select distinct on (a.source, b.partition)
                a.source,
                b.partition,
                b.live_rows,
                b.rejected,
                (
                    select count(*) from raw._rejected as k
                    where k.system = b.system and k.table_name = b.table_name and k.partition = b.partition
                ) as rejected_kept
            from release.source_account as a
            inner join raw._batch as b
                on b.system = split_part(a.source, '.', 1) and b.table_name = split_part(a.source, '.', 2)
            where a.dataset = $2
            order by a.source, b.partition, b.batch_id desc
        ),
        served as (
            select %2$s as record_key from release.%3$I as v
            where v.from_release <= $1 and v.to_release > $1 and not v.is_held
        ),
        outcome as (
            select o.record_key, o.outcome from quality.row_outcome as o
            where o.dataset = $2 and o.release_id = $1 and o.outcome in ('held', 'out_of_scope')
        ),
        fated as (
            select
                coalesce(r.source, $3) as source,
                coalesce(r.partition, 'no row at the source') as partition,
                coalesce(r.n, 1) as n,
                case
                    when r.source is null then 'no_row'
                    when r.fate is not null then r.fate
                    when r.change_no > r.built then 'arrived_later'
                    when o.record_key is not null then o.outcome
                    when s.record_key is not null then 'published'
                end as fate
            from (%1$s) as r
            full join outcome as o on r.record_key = o.record_key
            full join served as s on r.record_key = s.record_key
        ),
        tallied as (
            select
                source,
                partition,
                sum(n) filter (where fate = 'published') as published,
                sum(n) filter (where fate = 'held') as held,
                sum(n) filter (where fate = 'superseded') as superseded,
                sum(n) filter (where fate = 'out_of_scope') as out_of_scope,
                sum(n) filter (where fate = 'arrived_later') as arrived_later,
                sum(n) filter (where fate is null or fate = 'no_row') as without_record
            from fated where source is not null group by source, partition
        )
        select
            $1, source, partition, $2, coalesce(b.live_rows, 0), coalesce(b.rejected, 0), coalesce(t.published, 0),
            coalesce(t.held, 0), coalesce(t.superseded, 0), coalesce(t.out_of_scope, 0), coalesce(t.arrived_later, 0),
            coalesce(b.rejected_kept, 0), coalesce(t.without_record, 0)
        from batch as b full join tallied as t using (source, partition)
        where partition is not null
        $q$,
        source_rows, record_key, of_dataset
    ) using for_release, of_dataset, record_source;
    perform release.count_remainder(for_release, a, (r.fingerprint -> 'raw' ->> a.source)::bigint)
    from release.source_account as a cross join release.release as r
    where a.dataset = of_dataset and a.remainder is not null and r.release_id = for_release;
end
$$;
comment on function release.count_rows(text, bigint) is
'Writes the balance of the source tables of a dataset that is staged; runs with the rights of its caller.';

-- The other way round: records that are served, or held, against the source rows that were counted as such. A row that
-- is counted twice shows here, also where it hides a lost one.
create or replace function release.count_made_up(of_dataset text, for_release bigint, row_count bigint) returns void
language sql set search_path = pg_catalog as $$
    with counted as (
        select coalesce(sum(c.published), 0) as published, coalesce(sum(c.held), 0) as held
        from release.conservation as c
        inner join release.source_account as m on c.source = m.source
        where c.release_id = for_release and c.dataset = of_dataset and m.is_record
    )
    insert into release.conservation as c (
        release_id, source, partition, dataset, live_rows, rejected, published, held, superseded, out_of_scope,
        arrived_later, without_record
    )
    select
        for_release, min(a.source), 'no row at the source', of_dataset, 0, 0, t.made_up, 0, 0, 0, 0,
        abs(t.made_up) + abs(t.held_otherwise)
    from release.source_account as a
    cross join (
        select
            row_count
            - (
                select count(*) from release.held as h
                where h.dataset = of_dataset and h.release_id = for_release and h.is_served
            )
            - k.published as made_up,
            (
                select count(*) from quality.row_outcome as o
                where o.dataset = of_dataset and o.release_id = for_release and o.outcome = 'held'
            ) - k.held as held_otherwise
        from counted as k
    ) as t
    where
        a.dataset = of_dataset and a.is_record and (t.made_up <> 0 or t.held_otherwise <> 0)
        and not release.was_loaded_since(of_dataset, for_release)
    group by t.made_up, t.held_otherwise
    on conflict (release_id, source, partition) do update set published = excluded.published
$$;

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
revoke execute on function release.was_loaded_since(text, bigint) from public;
grant execute on function release.was_loaded_since(text, bigint) to lt_publisher;
revoke execute on function release.count_rows(text, bigint) from public;
revoke execute on function release.count_made_up(text, bigint, bigint) from public;
grant execute on function release.count_made_up(text, bigint, bigint) to lt_publisher;
revoke execute on function release.count_remainder(bigint, release.source_account, bigint) from public;
grant execute on function release.count_rows(text, bigint) to lt_publisher;
grant execute on function release.count_remainder(bigint, release.source_account, bigint) to lt_publisher;
