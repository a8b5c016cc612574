-- What a past answer must know besides the released rows: how old the sources were said to be at that time, and where the
-- ledger stood. `confirm` moves the ages of a release on, and an answer given before must still come out as it was.
set role lt_owner;

create table if not exists release.known_age (
    age_no bigint generated always as identity primary key,
    dataset text not null,
    release_id bigint not null,
    source_as_of timestamptz,
    since_entry bigint not null
);
create index if not exists known_age_by_release on release.known_age (release_id, dataset);
comment on table release.known_age is
'Grain: one row per time that the age of a dataset in a release was said; since_entry is the ledger entry that said it.';

-- At commit, when the transaction has made its ledger entry: whoever saw the ledger at that entry saw this age as well.
create or replace function release.note_age() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
    insert into release.known_age (dataset, release_id, source_as_of, since_entry)
    select new.dataset, new.release_id, new.source_as_of, coalesce(max(l.seq), 0) from audit.ledger as l;
    return null;
end
$$;

do $$
begin
    if not exists (
        select 1 from pg_trigger where tgname = 'ages_are_noted' and tgrelid = to_regclass('release.dataset_release')
    ) then
        create constraint trigger ages_are_noted after insert or update of source_as_of on release.dataset_release
        deferrable initially deferred for each row execute function release.note_age();
        insert into release.known_age (dataset, release_id, source_as_of, since_entry)
        select d.dataset, d.release_id, d.source_as_of, 0 from release.dataset_release as d;
    end if;
end
$$;

create or replace function release.ledger_head() returns jsonb
language sql stable security definer set search_path = pg_catalog as $$
    select coalesce(
        (select jsonb_build_object('seq', l.seq, 'hash', l.hash) from audit.ledger as l order by l.seq desc limit 1),
        jsonb_build_object('seq', 0, 'hash', repeat('0', 64))
    )
$$;
comment on function release.ledger_head() is 'Number and hash of the last entry that the asking transaction sees.';

revoke execute on function release.ledger_head(), release.note_age() from public;
grant execute on function release.ledger_head() to lt_checker;
grant select on release.known_age to lt_checker;
