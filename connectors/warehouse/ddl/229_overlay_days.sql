-- What lay over a place on another day than that of the build. The overlay of a release holds what was in force on the day of
-- its build; of any other day the dates of the records decide: what has ended since was in force before, what had not begun
-- may be in force by now. Their shapes are in the release, so that the overlap is as exact as that of the overlay.
--
-- A licence is over from the first day of the one that replaced it, as the build has it. Where that day is not recorded, or
-- the record of the other is itself in doubt, nobody can tell until when it was in force.
create or replace function checks.licences_of_day(q checks.question)
returns table (constraint_key text, kind text, valid_from date, valid_to date, is_end_unknown boolean, geom geometry)
language plpgsql stable as $$
begin
    return query
    select l.licence_key, l.licence_type, l.valid_from, l.valid_to, r.is_end_unknown, l.geom
    from release.mineral_licence as l
    left join release.mineral_licence as s
        on l.replaced_by = s.licence_key and s.from_release <= q.release_id and s.to_release > q.release_id
    cross join lateral (
        select l.status = 'REPLACED' and (s.valid_from is null or s.is_held) as is_end_unknown
    ) as r
    where l.status in ('NOT_YET', 'EXPIRED', 'REPLACED') and l.geom is not null
        and l.valid_from <= q.asked_on and l.valid_to >= q.asked_on
        and (l.replaced_by is null or r.is_end_unknown or s.valid_from is null or s.valid_from > q.asked_on)
        and (l.status <> 'REPLACED' or q.is_before_release)
        and l.from_release <= q.release_id and l.to_release > q.release_id;
end
$$;
comment on function checks.licences_of_day(checks.question) is
'Licences that were not in force on the day of the build, and were or may have been on the day of the question.';

create or replace function checks.constraints_of_day(q checks.question, dataset text, kinds text[])
returns table (constraint_key text, kind text, valid_from date, valid_to date, is_end_unknown boolean, geom geometry)
language plpgsql stable as $$
begin
    if dataset = 'mineral_licence' then
        return query select * from checks.licences_of_day(q);
    elsif dataset = 'mineral_zone' then
        return query
        select z.zone_key, z.kind, z.valid_from, z.valid_to, false, z.geom from release.mineral_zone as z
        where z.status in ('NOT_YET', 'EXPIRED') and (kinds is null or z.kind = any(kinds)) and z.geom is not null
            and z.valid_from <= q.asked_on and coalesce(z.valid_to >= q.asked_on, true)
            and z.from_release <= q.release_id and z.to_release > q.release_id;
    else
        return query
        select a.protected_area_key, a.kind, a.valid_from, a.valid_to, false, a.geom from release.protected_area as a
        where a.status in ('NOT_YET', 'EXPIRED') and a.geom is not null
            and a.valid_from <= q.asked_on and coalesce(a.valid_to >= q.asked_on, true)
            and a.from_release <= q.release_id and a.to_release > q.release_id;
    end if;
end
$$;
comment on function checks.constraints_of_day(checks.question, text, text[]) is
'What the overlay of the release leaves out because of its dates, and was or may have been in force on the day asked about.';

create or replace function checks.overlaps_of_day(
    q checks.question, dataset text, kinds text[], sliver_m2 numeric
) returns jsonb
language plpgsql stable as $$
begin
    return (
        with shape as materialized (
            select null::text as parcel_key, q.geom as geom where q.geom is not null
            union all
            select p.parcel_key, p.geom from release.land_parcel as p
            where p.parcel_key = any(q.parcel_keys) and p.from_release <= q.release_id and p.to_release > q.release_id
        ),
        met as materialized (
            select
                s.parcel_key, c.constraint_key, c.kind, c.valid_from, c.valid_to, c.is_end_unknown,
                st_dimension(s.geom) = 0 as is_point, st_area(s.geom::geography) as shape_m2,
                case
                    when st_covers(c.geom, s.geom) then st_area(s.geom::geography)
                    else st_area(st_collectionextract(st_intersection(c.geom, s.geom), 3)::geography)
                end as area_m2
            from checks.constraints_of_day(q, dataset, kinds) as c
            inner join shape as s on c.geom && s.geom and st_intersects(c.geom, s.geom)
        )
        select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
            'parcel_key', m.parcel_key, 'constraint_key', m.constraint_key, 'kind', m.kind,
            'overlap_area_m2', round(m.area_m2::numeric, 1), 'valid_from', m.valid_from, 'valid_to', m.valid_to,
            'is_end_unknown', nullif(m.is_end_unknown, false)
        )) order by m.parcel_key, m.constraint_key)
        from met as m
        where m.is_point or checks.is_overlap(m.area_m2, m.shape_m2, sliver_m2)
    );
end
$$;
comment on function checks.overlaps_of_day(checks.question, text, text[], numeric) is
'What the shape and the parcels overlap on the day of the question by more than the sliver, m², besides what the overlay of
the release holds.';

-- The overlay goes by the term; that a licence was replaced since the build it cannot know.
create or replace function checks.replaced_since(q checks.question) returns text[]
language plpgsql stable as $$
begin
    return array(
        select l.licence_key from release.mineral_licence as l
        inner join release.mineral_licence as s on l.replaced_by = s.licence_key
        where l.status = 'IN_FORCE' and s.valid_from <= q.asked_on and not s.is_held
            and l.from_release <= q.release_id and l.to_release > q.release_id
            and s.from_release <= q.release_id and s.to_release > q.release_id
    );
end
$$;
comment on function checks.replaced_since(checks.question) is
'Licences in force on the day of the build whose successor has come into force by the day of the question.';

create or replace function checks.hits_of_day(
    q checks.question, dataset text, kinds text[], sliver_m2 numeric, of_build jsonb
) returns jsonb
language plpgsql stable as $$
declare
    hits jsonb := coalesce(of_build, '[]') || coalesce(checks.overlaps_of_day(q, dataset, kinds, sliver_m2), '[]');
begin
    if dataset = 'mineral_licence' and hits <> '[]' then
        return (
            select jsonb_agg(h) from jsonb_array_elements(hits) as h
            where not h ->> 'constraint_key' = any(checks.replaced_since(q))
        );
    end if;
    return nullif(hits, '[]');
end
$$;
comment on function checks.hits_of_day(checks.question, text, text[], numeric, jsonb) is
'What the overlay found, put right for a day that is not that of the build.';
