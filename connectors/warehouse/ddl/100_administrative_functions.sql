-- What a commune code meant on a day, and what its ground is called today. All answer from the published release, or
-- from the kept one asked for. Malformed questions are errors (22023); no row means that the code named nothing that day.

-- The release to read: the one asked for if it is kept, else the published one; an error where there is none.
create or replace function shared.release_to_read(asked bigint default null) returns bigint
language plpgsql stable security definer set search_path = pg_catalog as $$
declare
    found bigint := case
        when asked is null then (select p.release_id from release.pointer as p)
        else shared.kept_release(asked)
    end;
begin
    if found is null then
        raise exception 'no release is published yet' using
            errcode = 'object_not_in_prerequisite_state', hint = 'Ask again after the first release: see shared.release.';
    end if;
    return found;
end
$$;
comment on function shared.release_to_read(bigint) is
'Lần phát hành được đọc. / The release asked for, if it is kept; without an argument the published one.';

-- A point or polygon in VN-2000 geographic coordinates, or an error that says what is accepted.
create or replace function shared.vn2000_geometry(shape geometry) returns geometry
language plpgsql stable parallel safe set search_path = pg_catalog, public as $$
declare
    zones constant integer [] := array[
        3405, 3406, 5896, 5897, 5898, 5899, 9205, 9206, 9207, 9208, 9209, 9210, 9211, 9212, 9213, 9214, 9215, 9216,
        9217, 9218
    ];
    accepted constant text := 'a point or polygon in EPSG:4756 (longitude, latitude), EPSG:4326, or a VN-2000 zone '
    'EPSG:3405, 3406, 5896-5899, 9205-9218 (easting, northing)';
    srid constant integer := st_srid(shape);
    west double precision := st_xmin(shape);
    south double precision := st_ymin(shape);
    placed geometry;
begin
    if shape is null then
        return null;
    elsif geometrytype(shape) not in ('POINT', 'POLYGON', 'MULTIPOLYGON') or st_isempty(shape) then
        raise exception 'expected %, found an empty geometry or a %', accepted, geometrytype(shape)
            using errcode = 'invalid_parameter_value';
    elsif srid <> all(array[4326, 4756] || zones) then
        raise exception 'expected %, found SRID %', accepted, srid using
            errcode = 'invalid_parameter_value',
            hint = 'State the system of the coordinates with st_setsrid; it is not guessed.';
    elsif st_npoints(shape) > 100000 then
        raise exception 'expected at most 100000 corners, found %', st_npoints(shape)
            using errcode = 'invalid_parameter_value';
    elsif not st_isvalid(shape) then
        raise exception 'expected a valid polygon, found: %', st_isvalidreason(shape)
            using errcode = 'invalid_parameter_value', hint = 'Mend the polygon at its source; it is not repaired here.';
    elsif srid = any(zones) and not (
        west >= 166000 and st_xmax(shape) <= 834000 and south >= 900000 and st_ymax(shape) <= 2600000
    ) then
        raise exception 'expected easting 166000 to 834000 and northing 900000 to 2600000 m, found % and %', west, south
            using errcode = 'invalid_parameter_value',
            hint = 'Vietnamese tables write X for the northing and Y for the easting: exchange them.';
    end if;
    placed := st_force2d(st_transform(shape, 4756));
    if not (st_xmin(placed) >= 102 and st_xmax(placed) <= 118 and st_ymin(placed) >= 6 and st_ymax(placed) <= 24) then
        raise exception 'expected a place in Vietnam (longitude 102 to 118, latitude 6 to 24), found longitude % latitude %',
            round(st_xmin(placed)::numeric, 4), round(st_ymin(placed)::numeric, 4) using
            errcode = 'invalid_parameter_value',
            hint = 'Check the order of the axes (x is longitude or easting) and the zone.';
    end if;
    return placed;
end
$$;
comment on function shared.vn2000_geometry(geometry) is
'Hình thể theo VN-2000 (EPSG:4756). / The geometry in EPSG:4756; an error for another type, system, place or shape.';

create or replace function shared.commune_on(code text, on_date date, release_id bigint default null)
returns table (
    commune_code text,
    full_name text,
    kind text,
    parent_code text,
    parent_full_name text,
    province_code text,
    province_full_name text,
    valid_from date,
    valid_to date,
    legal_basis text,
    is_held boolean,
    source_as_of timestamptz,
    answered_from bigint
)
language plpgsql stable set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    asked constant text := commune_on.code;
    asked_on constant date := commune_on.on_date;
    here constant bigint := shared.release_to_read(commune_on.release_id);
    meanings text;
    first_day date;
begin
    if asked is null or asked !~ '^([0-9]{5}|[0-9]{3})$' then
        raise exception 'expected a commune code of five digits with its leading zeros, as text (''00004''), found %',
            coalesce(quote_literal(left(asked, 40)), 'null') using errcode = 'invalid_parameter_value';
    elsif not isfinite(asked_on) then
        raise exception 'expected a day, found %', asked_on using errcode = 'invalid_parameter_value';
    elsif to_regprocedure('shared.administrative_unit_at(bigint)') is null then
        raise exception 'the dataset administrative_unit is not published yet'
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    if asked_on is null then
        select string_agg(format('%s from %s to %s', u.full_name, u.valid_from, coalesce(u.valid_to::text, 'today')), '; '
            order by u.valid_from) into meanings
        from shared.administrative_unit_at(here) as u where u.code = asked having count(*) > 1;
        if meanings is not null then
            raise exception 'expected a date with the code %, which was used again: %', asked, meanings
                using errcode = 'invalid_parameter_value';
        end if;
    end if;
    return query
    select
        u.code, u.full_name, u.kind, u.parent_code, p.full_name,
        coalesce(pp.code, p.code), coalesce(pp.full_name, p.full_name),
        u.valid_from, u.valid_to, u.legal_basis, u.is_held, u.source_as_of, here
    from shared.administrative_unit_at(here) as u
    left join shared.administrative_unit_at(here) as p on u.parent_code = p.code and u.valid_from = p.valid_from
    left join shared.administrative_unit_at(here) as pp on p.parent_code = pp.code and p.valid_from = pp.valid_from
    where u.code = asked
        and (asked_on is null or asked_on between u.valid_from and coalesce(u.valid_to, 'infinity'))
        -- a district without communes stands for one: the five island districts until 2025-06-30
        and (u.level = 'commune' or u.level = 'district' and exists (
            select from shared.administrative_unit_change_at(here) as c where c.old_code = u.code
        ));
    if found then
        return;
    elsif exists (
        select from shared.held_record as h
        where h.dataset = 'administrative_unit' and h.record_key like asked || '|%' and not h.is_served
    ) then
        raise exception 'the unit % is held back for a failing rule, which is not the same as unknown', asked using
            errcode = 'object_not_in_prerequisite_state', hint = 'See shared.held_record for the rule and whom to ask.';
    elsif length(asked) = 3 then
        raise exception 'expected the five digits of a commune, found %, the form of a district', asked
            using errcode = 'invalid_parameter_value';
    end if;
    select min(u.valid_from) into first_day
    from shared.administrative_unit_at(here) as u where u.code = asked and u.is_valid_from_declared;
    if asked_on < first_day then
        raise exception 'expected a date from % on: the lists say nothing of the code % before, found %',
            first_day, asked, asked_on using errcode = 'invalid_parameter_value';
    end if;
end
$$;
comment on function shared.commune_on(text, date, bigint) is
'Mã xã chỉ đơn vị nào vào một ngày. / The unit that a commune code meant on a day; no row: it meant none.';

create or replace function shared.commune_today(
    code text, on_date date, geom geometry default null, release_id bigint default null
)
returns table (
    commune_code text,
    full_name text,
    province_code text,
    province_full_name text,
    kind text,
    area_share numeric,
    decided_by text,
    reason text,
    geom_share numeric,
    legal_basis text,
    is_held boolean,
    source_as_of timestamptz,
    answered_from bigint
)
language plpgsql stable set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    here constant bigint := shared.release_to_read(commune_today.release_id);
    shape constant geometry := shared.vn2000_geometry(commune_today.geom);
    extent constant double precision := nullif(st_area(shape), 0);
    today constant date := (now() at time zone 'Asia/Ho_Chi_Minh')::date;
begin
    if exists (
        select from shared.held_record as h
        where h.dataset = 'administrative_unit_change' and h.record_key like commune_today.code || '|%' and not h.is_served
    ) then
        raise exception 'a change of the unit % is held back, so its successors are not all known', commune_today.code
            using errcode = 'object_not_in_prerequisite_state', hint = 'See shared.held_record for the rule and whom to ask.';
    end if;
    return query
    with recursive path as (
        select
            u.commune_code as code, u.valid_from, u.valid_to,
            'SAME'::text as kind, 1::numeric as share, u.legal_basis as basis
        from shared.commune_on(commune_today.code, commune_today.on_date, here) as u
        union all
        select
            n.code, n.valid_from, n.valid_to,
            -- over several reforms the one that divides or merges says more than the one that renames
            case when path.kind in ('SPLIT_PART', 'MERGED') and c.kind in ('SAME', 'RENAMED') then path.kind else c.kind end,
            path.share * c.area_share, c.legal_basis
        from path
        -- lateral with offset 0: a handful of rows by their keys, and never a join of whole lists
        cross join lateral (
            select a.* from shared.administrative_unit_change_at(here) as a
            where a.old_code = path.code and a.effective_on = path.valid_to + 1 offset 0
        ) as c
        cross join lateral (
            select a.* from shared.administrative_unit_at(here) as a
            where a.code = c.new_code and a.valid_from = c.effective_on offset 0
        ) as n
        where path.valid_to < today
    ),
    candidate as (
        select
            path.code, min(path.kind) as kind, min(path.basis) as basis,
            case when count(*) = count(path.share) then sum(path.share) end as share,
            u.full_name, u.geom, u.is_held, u.source_as_of, p.code as province_code, p.full_name as province_full_name
        from path
        cross join lateral (
            select a.* from shared.administrative_unit_at(here) as a
            where a.code = path.code and a.valid_from = path.valid_from offset 0
        ) as u
        left join lateral (
            select a.* from shared.administrative_unit_at(here) as a
            where a.code = u.parent_code and a.valid_from = u.valid_from offset 0
        ) as p on true
        where path.valid_to is null or path.valid_to >= today
        group by path.code, u.full_name, u.geom, u.is_held, u.source_as_of, p.code, p.full_name
    ),
    placed as (
        select
            c.*,
            case
                when c.geom is null or shape is null then null
                when extent is null then st_intersects(c.geom, shape)::integer
                -- corners are known to a millimetre at best: less than a millionth of the polygon is no part of it
                else round((st_area(st_intersection(c.geom, shape)) / extent)::numeric, 6)
            end as held_share
        from candidate as c
    ),
    judged as (
        select
            p.*,
            count(*) over () as n_candidates,
            count(*) filter (where p.held_share > 0) over () as n_touched,
            count(*) filter (where p.geom is null) over () as n_unknown
        from placed as p
    ),
    decided as (
        select
            j.*,
            case
                when j.n_candidates = 1 then 'CODE'
                -- the part outside it could lie in a candidate whose boundary is not published
                when j.n_touched = 1 and (j.n_unknown = 0 or max(j.held_share) over () = 1) then 'GEOMETRY'
                else 'UNDECIDED'
            end as decision
        from judged as j
    )
    select
        d.code, d.full_name, d.province_code, d.province_full_name, d.kind, d.share, d.decision,
        case
            when d.decision <> 'UNDECIDED' then null
            when shape is null then 'NO_GEOMETRY'
            when d.n_touched > 1 then 'ON_SEVERAL'
            when d.n_unknown > 0 then 'BOUNDARY_UNKNOWN'
            else 'OUTSIDE_ALL'
        end,
        d.held_share, d.basis, d.is_held, d.source_as_of, here
    from decided as d
    where d.decision <> 'GEOMETRY' or d.held_share > 0
    order by d.code;
end
$$;
comment on function shared.commune_today(text, date, geometry, bigint) is
'Đơn vị hiện nay của một mã xã cũ; điểm hoặc vùng quyết định khi xã bị chia. / Today''s unit or units of a code and day: one
row where code or geometry decides, else every candidate with what is known of its share (decided_by UNDECIDED).';

revoke execute on function shared.release_to_read(bigint), shared.vn2000_geometry(geometry),
shared.commune_on(text, date, bigint), shared.commune_today(text, date, geometry, bigint) from public;
grant execute on function shared.release_to_read(bigint), shared.vn2000_geometry(geometry),
shared.commune_on(text, date, bigint), shared.commune_today(text, date, geometry, bigint)
to procedure_reader, auditor_reader, lt_publisher;
