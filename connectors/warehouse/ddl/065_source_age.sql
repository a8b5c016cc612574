-- How old the sources of every dataset are rides on the pointer: a look at shared.<dataset> then touches one small row
-- instead of searching release.dataset_release, which is the difference between 1.2 and 1.1 times a plain table.
alter table release.dataset add column if not exists place_no integer;
alter table release.dataset_release add column if not exists max_age interval;
alter table release.pointer add column if not exists source_as_of timestamptz[];
comment on column release.dataset.place_no is 'Where the dataset stands in the arrays of the pointer; never changes.';
comment on column release.dataset_release.max_age is
'How old its oldest source may be by contract (freshness: stop), as it was when the release was staged.';
comment on column release.pointer.source_as_of is 'source_as_of of every dataset in this release, by release.dataset.place_no.';

update release.dataset as d set place_no = n.place_no
from (
    select
        dataset,
        row_number() over (order by declared_at, dataset) as place_no
    from release.dataset
) as n
where d.dataset = n.dataset and not exists (select from release.dataset as k where k.place_no is not null);
create unique index if not exists dataset_place on release.dataset (place_no);
create index if not exists dataset_release_by_release on release.dataset_release (release_id);

create or replace function release.give_place() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    if not exists (select from release.dataset as d where d.dataset = new.dataset) then
        -- Two datasets may be staged for the first time at once; the next statement sees what the other committed.
        perform pg_advisory_xact_lock(hashtextextended('release.dataset.place_no', 0));
        new.place_no := (select coalesce(max(d.place_no), 0) + 1 from release.dataset as d);
    end if;
    return new;
end
$$;
create or replace trigger dataset_has_place before insert on release.dataset
for each row execute function release.give_place();

create or replace function release.read_ages() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    new.source_as_of := (
        select array_agg(s.source_as_of order by d.place_no)
        from release.dataset as d
        left join release.dataset_release as s on d.dataset = s.dataset and s.release_id = new.release_id
    );
    return new;
end
$$;
create or replace trigger pointer_knows_ages before insert or update on release.pointer
for each row execute function release.read_ages();

-- An age that is confirmed for the release in service, or a dataset that joins it, is read again.
create or replace function release.refresh_ages() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    update release.pointer set release_id = release_id where release_id = new.release_id;
    return null;
end
$$;
create or replace trigger ages_are_current after insert or update of source_as_of on release.dataset_release
for each row execute function release.refresh_ages();

update release.pointer set release_id = release_id where release_id is not null;
