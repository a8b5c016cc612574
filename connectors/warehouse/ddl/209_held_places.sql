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
