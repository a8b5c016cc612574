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

create or replace function intermediate.note_touched_parcels() returns trigger
language plpgsql as $$
begin
    insert into intermediate.parcel_touched select parcel_key from changed_rows on conflict do nothing;
    return null;
end
$$;

create or replace function intermediate.watch_parcels(parcels regclass) returns boolean
language plpgsql as $$
declare
    watches constant text[] := '{watched_insert,watched_delete,watched_update_from,watched_update_to}';
begin
    if (
        select count(*) from pg_trigger where tgrelid = parcels and tgname = any(watches) and tgenabled = 'O'
    ) = cardinality(watches) then
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
    return false;
end
$$;
comment on function intermediate.watch_parcels(regclass) is
'From now on notes in parcel_touched what is written to this table; whether that was so before, and the journal is complete.';

alter table intermediate.parcel_touched owner to lt_builder;
alter table intermediate.constraint_overlaid owner to lt_builder;
alter function intermediate.note_touched_parcels() owner to lt_builder;
alter function intermediate.watch_parcels(regclass) owner to lt_builder;
grant select on intermediate.parcel_touched, intermediate.constraint_overlaid to lt_publisher;
revoke execute on function intermediate.watch_parcels(regclass), intermediate.note_touched_parcels() from public;
