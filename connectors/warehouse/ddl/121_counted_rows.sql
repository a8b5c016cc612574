-- How the rows of conservation (120) are counted, each source table against the records that are staged.
--
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

revoke execute on function release.was_loaded_since(text, bigint) from public;
grant execute on function release.was_loaded_since(text, bigint) to lt_publisher;
revoke execute on function release.count_rows(text, bigint) from public;
revoke execute on function release.count_made_up(text, bigint, bigint) from public;
grant execute on function release.count_made_up(text, bigint, bigint) to lt_publisher;
revoke execute on function release.count_remainder(bigint, release.source_account, bigint) from public;
grant execute on function release.count_rows(text, bigint) to lt_publisher;
grant execute on function release.count_remainder(bigint, release.source_account, bigint) to lt_publisher;
