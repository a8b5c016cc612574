-- Where a held record lies, in words: the cells of a grid that its shape touches stand among the names by which it may be
-- asked for (`concerns` of the rulebook). A question about a place asks for its cells, so that no place is called free
-- because a record that lies over it was held back. Near is enough: HELD turns nobody away.
create or replace function shared.cells_touched(shape geometry, kind text) returns text[]
language plpgsql immutable parallel safe as $$
declare
    step double precision := case kind when 'lot' then 0.001 else 0.01 end;
    west integer := floor(st_xmin(shape) / step);
    east integer := floor(st_xmax(shape) / step);
    south integer := floor(st_ymin(shape) / step);
    north integer := floor(st_ymax(shape) / step);
begin
    if west = east and south = north then
        return array[kind || ':' || west || '/' || south];
    elsif (east - west + 1)::bigint * (north - south + 1) > 2500 then
        return null;
    end if;
    return (
        select array_agg(kind || ':' || x || '/' || y)
        from generate_series(west, east) as x, generate_series(south, north) as y
    );
end
$$;
comment on function shared.cells_touched(geometry, text) is
'The cells that the box of a shape (EPSG:4756) touches: "lot" of 0.001 degrees, about 110 m, "cell" of 0.01, about 1.1 km.
Null without a shape, or for more than 2,500 cells.';

create or replace function shared.cells_held(shape geometry, kind text) returns text[]
language plpgsql immutable parallel safe as $$
begin
    if shape is null or st_isempty(shape) then
        return '{}';
    end if;
    return coalesce(shared.cells_touched(shape, kind), array[kind || ':large']) || (kind || ':any');
end
$$;
comment on function shared.cells_held(geometry, text) is
'The places for `concerns` of a held record. One too large for cells concerns every place; a question too large finds it.';

create or replace function checks.cells_asked(shape geometry, kind text) returns text[]
language plpgsql immutable parallel safe as $$
begin
    if shape is null or st_isempty(shape) then
        return '{}';
    end if;
    return coalesce(shared.cells_touched(shape, kind), array[kind || ':any']) || (kind || ':large');
end
$$;
comment on function checks.cells_asked(geometry, text) is 'The names by which a record held at the place of a question is found.';

-- What of a held zone, licence or area is not in doubt stands among its names too (`kind:RESERVE`, `from:2020-01-01`,
-- `until:2024-12-31`, `replaced`): a zone of another kind, and what was certainly not in force on the day, does not matter.
-- What is not told there is what the record may be held for, and counts as any kind and any day. The overlap of a parcel
-- with a held zone is held for the zone, so that it is of the kind of the zone.
create or replace function checks.sound_of_held(o quality.row_outcome) returns jsonb
language plpgsql stable as $$
declare
    names text[] := o.concerns;
begin
    if o.dataset = 'parcel_constraint' and split_part(o.record_key, '|', 2) = 'mineral_zone' then
        names := (
            select array(select n from unnest(z.concerns) as n where n like 'kind:%') from quality.row_outcome as z
            where z.dataset = 'mineral_zone' and z.record_key = split_part(o.record_key, '|', 3)
                and z.outcome = 'held' and z.release_id = o.release_id
        );
    elsif o.dataset not in ('mineral_zone', 'mineral_licence', 'protected_area') then
        return '{}';
    end if;
    return (
        select jsonb_strip_nulls(jsonb_build_object(
            'kind', max(substr(n, 6)) filter (where n like 'kind:%'),
            'valid_from', max(substr(n, 6)) filter (where n like 'from:%'),
            'valid_to', max(substr(n, 7)) filter (where n like 'until:%'),
            'is_replaced', nullif(bool_or(n = 'replaced'), false)
        ))
        from unnest(names) as n
    );
end
$$;
comment on function checks.sound_of_held(quality.row_outcome) is
'What is not in doubt of a held zone, licence or protected area, or of an overlap with a held zone: kind and validity.';

create or replace function checks.held_that_matters(held jsonb, kinds text[]) returns jsonb
language plpgsql immutable as $$
begin
    return (
        select jsonb_agg(h) from jsonb_array_elements(held) as h
        where not coalesce(
            h ->> 'dataset' in ('mineral_zone', 'parcel_constraint') and h ? 'kind' and not h ->> 'kind' = any(kinds), false
        )
    );
end
$$;
comment on function checks.held_that_matters(jsonb, text[]) is
'Of held records those that may be of one of these kinds; all of them without kinds.';

create or replace function checks.held_in_force(held jsonb, on_day date, is_before boolean) returns jsonb
language plpgsql immutable as $$
begin
    return (
        select jsonb_agg(h) from jsonb_array_elements(held) as h
        where coalesce((h ->> 'valid_from')::date <= on_day, true) and coalesce((h ->> 'valid_to')::date >= on_day, true)
            and (is_before or not h ? 'is_replaced')
    );
end
$$;
comment on function checks.held_in_force(jsonb, date, boolean) is
'Of records held at a place those that were or may have been in force on a day.';

-- For whoever must know which dossiers a held place can meet (`lienthong preview`).
create or replace function shared.cell_box(cell text) returns geometry
language sql immutable parallel safe as $$
    select case when cell ~ '^(lot|cell):-?\d+/-?\d+$' then st_setsrid(st_makeenvelope(
        x * step, y * step, (x + 1) * step, (y + 1) * step
    ), 4756) end
    from (
        select
            substring(cell from ':(-?\d+)/')::double precision as x,
            substring(cell from '/(-?\d+)$')::double precision as y,
            case when cell like 'lot:%' then 0.001 else 0.01 end as step
    ) as c
$$;
comment on function shared.cell_box(text) is 'The box of a cell (EPSG:4756); null for a name that is none.';

revoke execute on function shared.cells_touched(geometry, text), shared.cells_held(geometry, text), shared.cell_box(text)
from public;
grant execute on function shared.cells_touched(geometry, text), shared.cells_held(geometry, text), shared.cell_box(text)
to procedure_reader, auditor_reader, lt_publisher;
