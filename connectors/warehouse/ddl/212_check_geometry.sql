-- The geometry of a question. It is looked at before it is parsed: deep nesting and odd types never reach the parser.
create or replace function checks.read_geometry(subject jsonb) returns geometry
language plpgsql stable as $$
declare
    given jsonb := subject -> 'geometry';
    kind text := given ->> 'type';
    first_number jsonb := case kind
        when 'Point' then given #> '{coordinates,0}'
        when 'Polygon' then given #> '{coordinates,0,0,0}'
        when 'MultiPolygon' then given #> '{coordinates,0,0,0,0}'
    end;
    shape geometry;
begin
    if given is null then
        return null;
    end if;
    if first_number is null or jsonb_typeof(first_number) <> 'number' then
        perform checks.refuse(
            format('the geometry is %s', coalesce('a ' || left(kind, 40) || ', or not written as one', 'without type')),
            checks.form_accepted('geometry'), 'Send the area or the place itself.'
        );
    end if;
    if length(given::text) > 1000000 then
        perform checks.refuse('the geometry is too large', checks.form_accepted('geometry'), 'Simplify it.');
    end if;
    begin
        shape := st_force2d(st_setsrid(
            st_geomfromgeojson(given - 'crs'), coalesce((subject ->> 'srid')::integer, 4326)
        ));
    exception when others then
        perform checks.refuse(
            'the geometry cannot be read', checks.form_accepted('geometry'), 'Look at the nesting of its coordinates.'
        );
    end;
    return checks.checked_geometry(shape);
end
$$;
comment on function checks.read_geometry(jsonb) is
'The geometry of the subject in VN-2000 (EPSG:4756), or null; refuses what is not a sound point or area in Vietnam.';

create or replace function checks.checked_geometry(shape geometry) returns geometry
language plpgsql stable as $$
begin
    if st_isempty(shape) or st_npoints(shape) > 10000 then
        perform checks.refuse(
            format('the geometry has %s corners', st_npoints(shape)), checks.form_accepted('geometry'), 'Simplify it.'
        );
    end if;
    -- Degrees of Vietnam with its islands; metres and exchanged axes fall out here.
    if st_xmin(shape) < 102 or st_xmax(shape) > 118 or st_ymin(shape) < 6 or st_ymax(shape) > 24 then
        perform checks.refuse(
            'the geometry lies outside Vietnam (longitude 102 to 118, latitude 6 to 24)',
            checks.form_accepted('geometry'), 'Are the axes exchanged, or the coordinates in metres?'
        );
    end if;
    if not st_isvalid(shape) then
        perform checks.refuse(
            'the geometry crosses itself or is not closed', checks.form_accepted('geometry'), 'Repair it: nothing is guessed.'
        );
    end if;
    return case when st_srid(shape) = 4756 then shape else st_transform(shape, 4756) end;
end
$$;
