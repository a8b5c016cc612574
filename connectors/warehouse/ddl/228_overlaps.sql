-- What lies over a place on the day of the build: live mineral licences, mineral zones and protected areas. For parcels the
-- overlaps were computed with the release; for an area that is only asked for, the constraints are met piece by piece. Read
-- once for all checks of a question; each takes what it is about (230).
create or replace function checks.overlap_met(
    dataset text, area_m2 numeric, is_most boolean, told jsonb
) returns jsonb
language plpgsql immutable as $$
begin
    return jsonb_build_object('dataset', dataset, 'area_m2', area_m2, 'is_most', is_most, 'told', jsonb_strip_nulls(told));
end
$$;
comment on function checks.overlap_met(text, numeric, boolean, jsonb) is
'An overlap as a question keeps it: its area, m²; whether it is most of the ground asked about; what evidence tells of it.';

create or replace function checks.overlaps_of_parcels(q checks.question) returns jsonb
language plpgsql stable as $$
begin
    if q.parcels is null or not checks.is_published(q.datasets, 'parcel_constraint') then
        return null;
    end if;
    return (
        select jsonb_agg(checks.overlap_met(
            c.constraint_dataset, c.overlap_area_m2, c.overlap_share > 0.5, jsonb_build_object(
                'parcel_key', c.parcel_key, 'constraint_key', c.constraint_key, 'kind', c.kind,
                'overlap_area_m2', c.overlap_area_m2, 'overlap_share', c.overlap_share, 'relation', c.relation
            )
        ) order by c.parcel_key, c.constraint_key)
        from release.parcel_constraint as c
        where c.parcel_key = any(q.parcel_keys)
            and coalesce(c.valid_from <= q.asked_on, true) and coalesce(c.valid_to >= q.asked_on, true)
            and c.from_release <= q.release_id and c.to_release > q.release_id
    );
end
$$;
comment on function checks.overlaps_of_parcels(checks.question) is 'What the overlay of the release has over the parcels.';

create or replace function checks.overlaps_of_shape(q checks.question) returns jsonb
language plpgsql stable as $$
declare
    shape_m2 double precision := st_area(q.geom::geography);
    is_point boolean := st_dimension(q.geom) = 0;
begin
    if q.geom is null or not checks.is_published(q.datasets, 'mineral_constraint_piece') then
        return null;
    end if;
    return (
        select jsonb_agg(checks.overlap_met(
            m.constraint_dataset, m.area_m2::numeric, is_point or m.area_m2 > shape_m2 / 2, jsonb_build_object(
                'constraint_key', m.constraint_key, 'kind', m.kind, 'overlap_area_m2', round(m.area_m2::numeric, 1)
            )
        ) order by m.constraint_key)
        from (
            select
                c.constraint_dataset, c.constraint_key, c.kind,
                sum(st_area(st_collectionextract(st_intersection(c.geom, q.geom), 3)::geography)) as area_m2
            from release.mineral_constraint_piece as c
            where c.geom && q.geom and st_intersects(c.geom, q.geom)
                and coalesce(c.valid_from <= q.asked_on, true) and coalesce(c.valid_to >= q.asked_on, true)
                and c.from_release <= q.release_id and c.to_release > q.release_id
            group by c.constraint_dataset, c.constraint_key, c.kind
        ) as m
    );
end
$$;
comment on function checks.overlaps_of_shape(checks.question) is
'What the area asked for meets of the constraints of the release; a point lies in what it meets.';
