-- The geometry of a question. It is looked at before it is parsed: deep nesting and odd types never reach the parser.
-- GeoJSON of today has no crs (RFC 7946); that of 2008 has, and programs still write it. Read as WGS 84, a place in VN-2000
-- would lie some 200 m off.
create or replace function checks.srid_of_crs(crs jsonb) returns integer
language plpgsql immutable as $$
declare
    name text := crs #>> '{properties,name}';
begin
    return case
        when name ~* '^(urn:ogc:def:crs:)?OGC:([0-9.]*:)?CRS84$' then 4326
        when name ~* '^(urn:ogc:def:crs:)?EPSG:([0-9.]*:)?(4326|4756)$' then right(name, 4)::integer
    end;
end
$$;
comment on function checks.srid_of_crs(jsonb) is
'The code of an accepted system of coordinates that the crs of a GeoJSON geometry names; null for any other.';

create or replace function checks.srid_asked(subject jsonb) returns integer
language plpgsql stable as $$
declare
    stated integer := (subject ->> 'srid')::integer;
    named integer;
begin
    if not subject -> 'geometry' ? 'crs' then
        return coalesce(stated, 4326);
    end if;
    named := checks.srid_of_crs(subject #> '{geometry,crs}');
    if named is null or named <> stated then
        perform checks.refuse(
            case
                when named is null then 'the crs of the geometry is none that is accepted'
                else format('the crs of the geometry is EPSG:%s, and srid is %s', named, stated)
            end,
            'crs, srid or both, and both the same: ' || checks.form_accepted('srid'), 'Say in which system the coordinates are.'
        );
    end if;
    return named;
end
$$;
comment on function checks.srid_asked(jsonb) is
'In which system the coordinates of the subject are: by srid, or by the crs in the geometry; refuses what disagrees.';

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
    system integer;
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
    system := checks.srid_asked(subject);
    begin
        shape := st_force2d(st_setsrid(st_geomfromgeojson(given - 'crs'), system));
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
