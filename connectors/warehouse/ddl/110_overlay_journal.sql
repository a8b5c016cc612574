-- What the overlay of parcels remembers between two builds, so that a day of few changes need not compare all that there
-- is: which parcels were written since, and which constraints all parcels were held against. It watches the table of
-- parcels; one that is not watched, because a build has put a new table in its place, is overlaid as a whole.
-- Everything here belongs to the builder and is used by dbt_project/models/marts/overlay/parcel_constraint.sql.
create table if not exists intermediate.parcel_touched (parcel_key text primary key);
comment on table intermediate.parcel_touched is
'Journal of the overlay: parcels written or deleted since parcel_constraint was built. Grain: one row per parcel.';

create table if not exists intermediate.constraint_overlaid (
    constraint_dataset text not null,
    constraint_key text not null,
    constraint_hash bytea not null,
    overlay_mark text not null,
    primary key (constraint_dataset, constraint_key)
);
comment on table intermediate.constraint_overlaid is
'Constraints as all parcels were held against them in parcel_constraint, by shape, definition and tolerances. Grain: one row
per dataset and key.';

create table if not exists intermediate.parcels_watched (witness text not null);
comment on table intermediate.parcels_watched is
'Which table of parcels has been watched, in which file, by which triggers since when. Grain: at most one row.';

create or replace function intermediate.note_touched_parcels() returns trigger
language plpgsql as $$
begin
    insert into intermediate.parcel_touched select parcel_key from changed_rows on conflict do nothing;
    return null;
end
$$;

-- Truncating a table gives it another file, and switching a trigger off and on again writes its row anew: what the four
-- triggers did not see leaves a trace here, without reading the table.
create or replace function intermediate.witness_of_parcels(parcels regclass) returns text
language sql stable as $$
    select concat_ws(' ', c.oid, c.relfilenode, string_agg(t.tgname || ':' || t.xmin::text, ' ' order by t.tgname))
    from pg_class as c inner join pg_trigger as t on c.oid = t.tgrelid
    where c.oid = parcels and t.tgname like 'watched\_%' and t.tgenabled = 'O'
    group by c.oid, c.relfilenode
    having count(*) = 4
$$;

create or replace function intermediate.watch_parcels(parcels regclass) returns boolean
language plpgsql as $$
begin
    if exists (
        select from intermediate.parcels_watched where witness = intermediate.witness_of_parcels(parcels)
    ) then
        return true;
    end if;
    execute format('create or replace trigger watched_insert after insert on %s referencing new table as changed_rows '
        'execute function intermediate.note_touched_parcels()', parcels);
    execute format('create or replace trigger watched_delete after delete on %s referencing old table as changed_rows '
        'execute function intermediate.note_touched_parcels()', parcels);
    execute format('create or replace trigger watched_update_from after update on %s '
        'referencing old table as changed_rows execute function intermediate.note_touched_parcels()', parcels);
    execute format('create or replace trigger watched_update_to after update on %s '
        'referencing new table as changed_rows execute function intermediate.note_touched_parcels()', parcels);
    delete from intermediate.parcels_watched;
    insert into intermediate.parcels_watched select intermediate.witness_of_parcels(parcels);
    return false;
end
$$;
comment on function intermediate.watch_parcels(regclass) is
'From now on notes in parcel_touched what is written to this table; whether that was so before, and the journal is complete.';

alter table intermediate.parcel_touched owner to lt_builder;
alter table intermediate.constraint_overlaid owner to lt_builder;
alter table intermediate.parcels_watched owner to lt_builder;
alter function intermediate.witness_of_parcels(regclass) owner to lt_builder;
alter function intermediate.note_touched_parcels() owner to lt_builder;
alter function intermediate.watch_parcels(regclass) owner to lt_builder;
grant select on intermediate.parcel_touched, intermediate.constraint_overlaid, intermediate.parcels_watched to lt_publisher;
revoke execute on function
intermediate.watch_parcels(regclass), intermediate.witness_of_parcels(regclass), intermediate.note_touched_parcels()
from public;
