-- What a failing row is about, besides its own key: numbers and places by which it may be asked for. Without it a question
-- by number would be answered "not found" where the truth is "held". Declared as `concerns` in the rulebook.
--
-- Keys of different datasets can be the same text (environment_permits:7 is a permit, a facility and a decision), and so can
-- the numbers of their documents. Both are named with their dataset before them, facility:environment_permits:7; so is the
-- key of the failing row itself, for which there is no need to store it.
alter table quality.row_outcome add column if not exists concerns text[] not null default '{}';
comment on column quality.row_outcome.concerns is
'Other names of a failing row (number, identifier) and records or communes it touches, keys and numbers as dataset:key; no
personal data.';

-- Rows stored before names bore their dataset are carried into new releases, so they are renamed, once: while the index is
-- still that of bare keys.
do $$
begin
    if pg_get_indexdef(to_regclass('quality.row_outcome_by_name')) not like '%dataset%' then
        update quality.row_outcome as o set concerns = array(
            select case
                when o.dataset in ('mineral_licence', 'environmental_permit', 'eia_decision') and c.name ~ '^\d{1,5}/'
                    then o.dataset || ':' || c.name
                when c.name !~ '^[a-z][a-z0-9_]*:\S' or c.name ~ '^(unit|commune|parcel|cell|lot|holder):' then c.name
                when o.dataset in ('environmental_permit', 'eia_decision') then 'facility:' || c.name
                when o.dataset in (
                    'land_parcel_use', 'land_right', 'land_restriction', 'land_parcel_lineage', 'parcel_constraint'
                ) then 'land_parcel:' || c.name
                else c.name
            end
            from unnest(o.concerns) with ordinality as c (name, place) order by c.place
        )
        where o.concerns <> '{}';
        drop index quality.row_outcome_by_name;
    end if;
end
$$;
create index if not exists row_outcome_by_name on quality.row_outcome
using gin (array_append(concerns, dataset || ':' || record_key)) where outcome = 'held';

-- What a failing row should probably say instead, for whoever mends it: {"suggested_srid": 9209}. Nothing is changed by it.
-- Which column is a suggestion for which rule is declared as `suggests` in the rulebook.
alter table quality.row_outcome add column if not exists suggestion jsonb;
comment on column quality.row_outcome.suggestion is
'What a failing row should probably say instead, by column; null where no rule it failed suggests anything.';
