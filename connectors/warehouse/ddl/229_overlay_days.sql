-- What lay over a place on another day than that of the build. The overlay of a release holds what was in force on the day of
-- its build; of any other day the dates of the records decide: what has ended since was in force before, what had not begun
-- may be in force by now. Their shapes are in the release, so that the overlap is as exact as that of the overlay.
--
-- A licence is over from the first day of the one that replaced it, as the build has it. Where that day is not recorded, or
-- the record of the other is itself in doubt, nobody can tell until when it was in force.
create or replace function checks.licences_of_day(q checks.question, box geometry)
returns table (dataset text, constraint_key text, kind text, valid_from date, valid_to date, is_end_unknown boolean, geom geometry)
language plpgsql stable as $$
begin
    return query
    select 'mineral_licence', l.licence_key, l.licence_type, l.valid_from, l.valid_to, r.is_end_unknown, l.geom
    from release.mineral_licence as l
    left join release.mineral_licence as s
        on l.replaced_by = s.licence_key and s.from_release <= q.release_id and s.to_release > q.release_id
    cross join lateral (
        select l.status = 'REPLACED' and (s.valid_from is null or s.is_held) as is_end_unknown
    ) as r
    where l.geom && box and l.status in ('NOT_YET', 'EXPIRED', 'REPLACED')
        and l.valid_from <= q.asked_on and l.valid_to >= q.asked_on
        and (l.replaced_by is null or r.is_end_unknown or s.valid_from is null or s.valid_from > q.asked_on)
        and (l.status <> 'REPLACED' or q.is_before_release)
        and l.from_release <= q.release_id and l.to_release > q.release_id;
end
$$;
comment on function checks.licences_of_day(checks.question, geometry) is
'Licences at a box that were not in force on the day of the build, and were or may have been on the day of the question.';

create or replace function checks.constraints_of_day(q checks.question, box geometry)
returns table (dataset text, constraint_key text, kind text, valid_from date, valid_to date, is_end_unknown boolean, geom geometry)
language plpgsql stable as $$
begin
    if checks.is_published(q.datasets, 'mineral_licence') then
        return query select l.* from checks.licences_of_day(q, box) as l;
    end if;
    if checks.is_published(q.datasets, 'mineral_zone') then
        return query
        select 'mineral_zone', z.zone_key, z.kind, z.valid_from, z.valid_to, false, z.geom from release.mineral_zone as z
        where z.geom && box and z.status in ('NOT_YET', 'EXPIRED')
            and z.valid_from <= q.asked_on and coalesce(z.valid_to >= q.asked_on, true)
            and z.from_release <= q.release_id and z.to_release > q.release_id;
    end if;
    if checks.is_published(q.datasets, 'protected_area') then
        return query
        select 'protected_area', a.protected_area_key, a.kind, a.valid_from, a.valid_to, false, a.geom
        from release.protected_area as a
        where a.geom && box and a.status in ('NOT_YET', 'EXPIRED')
            and a.valid_from <= q.asked_on and coalesce(a.valid_to >= q.asked_on, true)
            and a.from_release <= q.release_id and a.to_release > q.release_id;
    end if;
end
$$;
comment on function checks.constraints_of_day(checks.question, geometry) is
'What the overlay of the release leaves out because of its dates, and was or may have been in force on the day asked about.';

create or replace function checks.shapes_asked(q checks.question) returns table (parcel_key text, geom geometry)
language plpgsql stable as $$
begin
    if q.geom is not null then
        return query select null::text, q.geom;
    end if;
    if q.parcels is not null then
        return query
        select p.parcel_key, p.geom from release.land_parcel as p
        where p.parcel_key = any(q.parcel_keys) and p.from_release <= q.release_id and p.to_release > q.release_id;
    end if;
end
$$;
comment on function checks.shapes_asked(checks.question) is 'The area asked for, and the parcels with their keys.';

create or replace function checks.overlaps_of_day(q checks.question) returns jsonb
language plpgsql stable as $$
declare
    box geometry := (select st_setsrid(st_extent(s.geom)::geometry, 4756) from checks.shapes_asked(q) as s);
begin
    return (
        with met as materialized (
            select
                s.parcel_key, c.dataset, c.constraint_key, c.kind, c.valid_from, c.valid_to, c.is_end_unknown,
                st_dimension(s.geom) = 0 as is_point, st_area(s.geom::geography) as shape_m2,
                case
                    when st_covers(c.geom, s.geom) then st_area(s.geom::geography)
                    else st_area(st_collectionextract(st_intersection(c.geom, s.geom), 3)::geography)
                end as area_m2
            from checks.constraints_of_day(q, box) as c
            inner join checks.shapes_asked(q) as s on c.geom && s.geom and st_intersects(c.geom, s.geom)
        )
        select jsonb_agg(checks.overlap_met(
            m.dataset, m.area_m2::numeric, m.is_point or m.area_m2 > m.shape_m2 / 2, jsonb_build_object(
                'parcel_key', m.parcel_key, 'constraint_key', m.constraint_key, 'kind', m.kind,
                'overlap_area_m2', round(m.area_m2::numeric, 1), 'valid_from', m.valid_from, 'valid_to', m.valid_to,
                'is_end_unknown', nullif(m.is_end_unknown, false)
            )
        ) order by m.parcel_key, m.constraint_key)
        from met as m
    );
end
$$;
comment on function checks.overlaps_of_day(checks.question) is
'What the shape and the parcels overlap on the day of the question, besides what the overlay of the release holds.';

-- The overlay goes by the term; that a licence was replaced since the build it cannot know.
create or replace function checks.replaced_since(q checks.question, keys text[]) returns text[]
language plpgsql stable as $$
begin
    return array(
        select l.licence_key from release.mineral_licence as l
        inner join release.mineral_licence as s on l.replaced_by = s.licence_key
        where l.licence_key = any(keys) and l.status = 'IN_FORCE' and s.valid_from <= q.asked_on and not s.is_held
            and l.from_release <= q.release_id and l.to_release > q.release_id
            and s.from_release <= q.release_id and s.to_release > q.release_id
    );
end
$$;
comment on function checks.replaced_since(checks.question, text[]) is
'Of these licences those in force on the day of the build whose successor has come into force by the day of the question.';

create or replace function checks.without_replaced(q checks.question, met jsonb) returns jsonb
language plpgsql stable as $$
declare
    licences text[] := array(
        select o #>> '{told,constraint_key}' from jsonb_array_elements(met) as o where o ->> 'dataset' = 'mineral_licence'
    );
    replaced text[];
begin
    if licences <> '{}' then
        replaced := checks.replaced_since(q, licences);
    end if;
    if coalesce(replaced, '{}') = '{}' then
        return met;
    end if;
    return (
        select jsonb_agg(o) from jsonb_array_elements(met) as o
        where o ->> 'dataset' <> 'mineral_licence' or not o #>> '{told,constraint_key}' = any(replaced)
    );
end
$$;
comment on function checks.without_replaced(checks.question, jsonb) is
'Overlaps without those of licences that were replaced since the build.';
