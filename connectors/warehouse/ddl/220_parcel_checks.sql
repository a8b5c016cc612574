-- Checks of parcels: whether they are there, and whether they are what the dossier says. A check answers from released
-- rows alone; that its datasets are published, cover the place and are fresh is seen to in 260_check_judgement.sql.
-- Of a day before the release: a parcel that was divided or merged away since was there, one that came of it was not. What
-- came of nothing else than a new number was there by the old one.
create or replace function checks.changed_since(q checks.question) returns jsonb
language plpgsql stable as $$
begin
    if not checks.is_published(q.datasets, 'land_parcel_lineage') then
        return null;
    end if;
    return (
        select jsonb_agg(jsonb_build_object(
            'old_parcel_key', l.old_parcel_key, 'new_parcel_key', l.new_parcel_key, 'kind', l.kind, 'on', l.effective_on
        ) order by l.effective_on, l.old_parcel_key, l.new_parcel_key)
        from release.land_parcel_lineage as l
        where (l.old_parcel_key = any(q.parcel_keys) or l.new_parcel_key = any(q.parcel_keys))
            and l.old_parcel_key <> l.new_parcel_key and l.kind <> 'RENUMBERED' and l.effective_on > q.asked_on
            and l.from_release <= q.release_id and l.to_release > q.release_id
    );
end
$$;
comment on function checks.changed_since(checks.question) is
'Divisions and mergers of the parcels named after the day of the question; null if none.';

create or replace function checks.parcel_exists(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    n_found integer := coalesce(jsonb_array_length(q.parcels), 0);
    strange text[];
    changes jsonb := case when q.is_before_release and q.parcel_keys is not null then checks.changed_since(q) end;
begin
    if changes is not null then
        return checks.found('UNKNOWN', 'PARCEL_CHANGED_SINCE', jsonb_build_object(
            'changes', changes, 'missing', '["the parcels as they were on that day"]'::jsonb
        ));
    end if;
    if q.n_parcels = 0 then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["parcel_key, parcel_keys, parcel_uid or parcel"]}');
    elsif n_found = q.n_parcels then
        return checks.found('PASS', 'PARCEL_FOUND', jsonb_build_object('parcels', (
            select jsonb_agg(jsonb_build_object('parcel_key', p -> 'parcel_key', 'commune_code', p -> 'commune_code'))
            from jsonb_array_elements(q.parcels) as p
        )));
    elsif n_found > q.n_parcels then
        return checks.found('UNKNOWN', 'PARCEL_NOT_UNIQUE', jsonb_build_object('parcel_keys', q.parcel_keys));
    end if;
    strange := checks.registers_not_connected(q, q.parcel_keys, 'land_parcel');
    if strange is not null then
        return checks.found('UNKNOWN', 'REGISTER_NOT_CONNECTED', jsonb_build_object('missing', strange));
    elsif q.parcel_keys is null and q.places is null then
        return checks.found('UNKNOWN', 'PLACE_NOT_KNOWN', '{"missing": ["a commune or place that administrative_unit knows"]}');
    end if;
    return checks.found('FAIL', 'PARCEL_NOT_FOUND', jsonb_build_object('not_found', checks.keys_not_found(q)));
end
$$;
comment on function checks.parcel_exists(checks.question, jsonb) is
'Every parcel named is in the land register; of an earlier day unknown where it was divided or merged since.';

create or replace function checks.parcel_area_matches(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    stated numeric := (q.subject ->> 'area_m2')::numeric;
    share numeric := (parameters ->> 'tolerance_share')::numeric;
    least_m2 numeric := (parameters ->> 'tolerance_m2')::numeric;
    legal numeric;
    surveyed numeric;
    differing jsonb;
    evidence jsonb;
begin
    -- parcel by parcel: what one lacks another does not make up for
    select
        sum(p.legal), sum(p.surveyed),
        jsonb_agg(jsonb_build_object('parcel_key', p.key, 'legal_area_m2', p.legal, 'survey_area_m2', p.surveyed))
            filter (where abs(p.legal - p.surveyed) > greatest(p.legal * share, least_m2))
    into legal, surveyed, differing
    from (
        select
            e ->> 'parcel_key' as key, (e ->> 'legal_area_m2')::numeric as legal,
            (e ->> 'survey_area_m2')::numeric as surveyed
        from jsonb_array_elements(q.parcels) as e
    ) as p;
    evidence := jsonb_build_object(
        'legal_area_m2', legal, 'survey_area_m2', surveyed, 'stated_area_m2', stated, 'tolerance_share', share
    );
    if exists (
        select from jsonb_array_elements(q.parcels) as p
        where p -> 'legal_area_m2' = 'null' or p -> 'survey_area_m2' = 'null'
    ) then
        return checks.found('UNKNOWN', 'AREA_NOT_RECORDED', evidence || '{"missing": ["legal_area_m2 or survey_area_m2"]}');
    elsif abs(legal - coalesce(stated, legal)) > greatest(legal * share, least_m2) then
        return checks.found('FAIL', 'STATED_AREA_DIFFERS', evidence);
    elsif differing is not null then
        return checks.found('FAIL', 'SURVEYED_AREA_DIFFERS', evidence || jsonb_build_object('differing', differing));
    end if;
    return checks.found('PASS', 'AREA_MATCHES', evidence);
end
$$;
comment on function checks.parcel_area_matches(checks.question, jsonb) is
'The area on the certificate is that of the survey, for each parcel, and in total that of the dossier where it states one,
within the tolerance.';

-- The survey of the register may be older than the measurement of the dossier: where it is, the dossier tells the area.
create or replace function checks.area_gained(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    stated numeric := (q.subject ->> 'area_m2')::numeric;
    legal numeric;
    surveyed numeric;
    is_recorded boolean;
    least_m2 numeric;
    evidence jsonb;
begin
    select
        sum((e ->> 'legal_area_m2')::numeric), sum((e ->> 'survey_area_m2')::numeric),
        bool_and(e -> 'legal_area_m2' <> 'null' and e -> 'survey_area_m2' <> 'null')
    into legal, surveyed, is_recorded
    from jsonb_array_elements(q.parcels) as e;
    least_m2 := greatest(legal * (parameters ->> 'tolerance_share')::numeric, (parameters ->> 'tolerance_m2')::numeric);
    evidence := jsonb_build_object(
        'legal_area_m2', legal, 'survey_area_m2', surveyed, 'stated_area_m2', stated,
        'area_gained_m2', coalesce(stated, surveyed) - legal
    );
    if not is_recorded then
        return checks.found('UNKNOWN', 'AREA_NOT_RECORDED', evidence || '{"missing": ["legal_area_m2 or survey_area_m2"]}');
    elsif coalesce(stated, surveyed) - legal > least_m2 then
        return checks.found('PASS', 'AREA_GAINED', evidence);
    elsif stated is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', evidence || '{"missing": ["area_m2, as measured now"]}');
    end if;
    return checks.found('FAIL', 'NO_AREA_GAINED', evidence);
end
$$;
comment on function checks.area_gained(checks.question, jsonb) is
'The area as measured now, else as surveyed, is more than that of the certificate, by more than the tolerance.';

create or replace function checks.parcel_number_matches(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    stated jsonb := q.subject -> 'parcel';
    known jsonb := q.parcels -> 0;
    by_number text[];
    evidence jsonb;
begin
    if stated is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["parcel"]}');
    end if;
    by_number := checks.parcels_by_number(stated, q.release_id, q.datasets);
    evidence := jsonb_build_object('parcel_key', known -> 'parcel_key', 'number_today', jsonb_build_object(
        'commune_code', known -> 'commune_code', 'sheet_no', known -> 'sheet_no', 'parcel_no', known -> 'parcel_no'
    ));
    if by_number && q.parcel_keys then
        return checks.found('PASS', 'NUMBER_MATCHES', evidence);
    end if;
    return checks.found('FAIL', 'NUMBER_DIFFERS', evidence);
end
$$;
comment on function checks.parcel_number_matches(checks.question, jsonb) is
'Commune, sheet and number as stated, today or on the day given, are those of the parcel.';

create or replace function checks.parcel_not_superseded(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    successors jsonb;
begin
    select jsonb_agg(jsonb_build_object('parcel_key', l.new_parcel_key, 'kind', l.kind, 'on', l.effective_on))
    into successors
    from release.land_parcel_lineage as l
    where l.old_parcel_key = any(q.parcel_keys) and l.new_parcel_key <> l.old_parcel_key
        and l.effective_on <= q.asked_on and l.from_release <= q.release_id and l.to_release > q.release_id;
    if successors is null then
        return checks.found('PASS', 'PARCEL_CURRENT', '{}');
    end if;
    return checks.found('FAIL', 'PARCEL_SUPERSEDED', jsonb_build_object('successors', successors));
end
$$;
comment on function checks.parcel_not_superseded(checks.question, jsonb) is 'No parcel named was split or merged away.';

create or replace function checks.new_lots_large_enough(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    provinces text[] := array(select distinct split_part(p, '/', 1) from unnest(q.places) as p order by 1);
    least_m2 numeric := (
        select case when count(*) = count(l.least) then max(l.least) end
        from (select (parameters #>> array['least_area_m2', p])::numeric as least from unnest(provinces) as p) as l
    );
    evidence jsonb := jsonb_build_object('province_code', array_to_string(provinces, ', '), 'least_area_m2', least_m2);
begin
    if q.subject -> 'new_areas_m2' is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["new_areas_m2"]}');
    elsif least_m2 is null then
        return checks.found('UNKNOWN', 'LIMIT_NOT_LOADED', evidence || '{"missing": ["least lot area of the province"]}');
    elsif exists (select from jsonb_array_elements_text(q.subject -> 'new_areas_m2') as a where a::numeric < least_m2) then
        return checks.found('FAIL', 'LOT_TOO_SMALL', evidence);
    end if;
    return checks.found('PASS', 'LOTS_LARGE_ENOUGH', evidence);
end
$$;
comment on function checks.new_lots_large_enough(checks.question, jsonb) is
'Every lot of a division has the least area that the province lays down; of several provinces the larger, once all are known.';

-- Ground that is itself hardly larger than the tolerance lies over what covers most of it.
create or replace function checks.is_overlap(area_m2 double precision, shape_m2 double precision, sliver_m2 numeric)
returns boolean
language plpgsql immutable as $$
begin
    return area_m2 > sliver_m2 or area_m2 > shape_m2 / 2;
end
$$;
comment on function checks.is_overlap(double precision, double precision, numeric) is
'Whether an overlap counts: more than the sliver, or more than half of the ground asked about.';

create or replace function checks.parcels_under(q checks.question, shape geometry, tolerance_m2 numeric) returns jsonb
language plpgsql stable as $$
declare
    shape_m2 double precision := st_area(shape::geography);
begin
    return (
        select jsonb_agg(jsonb_build_object('parcel_key', o.parcel_key, 'overlap_area_m2', round(o.area_m2::numeric, 2)))
        from (
            -- part by part: the box around two parcels far apart has all others between them in it
            select p.parcel_key, sum(st_area(st_intersection(p.geom, part.geom)::geography)) as area_m2
            from st_dump(shape) as part
            inner join release.land_parcel as p on p.geom && part.geom and st_intersects(p.geom, part.geom)
            where not (p.parcel_key = any(coalesce(q.parcel_keys, '{}')))
                and p.from_release <= q.release_id and p.to_release > q.release_id
            group by p.parcel_key
        ) as o
        where st_dimension(shape) = 0 or checks.is_overlap(o.area_m2, shape_m2, tolerance_m2)
    );
end
$$;
comment on function checks.parcels_under(checks.question, geometry, numeric) is
'Parcels that are not named and that a shape overlaps by more than the tolerance; for a point, those it lies in.';

create or replace function checks.no_parcel_overlap(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    others jsonb;
    held jsonb;
    tolerance_m2 numeric := (parameters ->> 'tolerance_m2')::numeric;
    parcels geometry;
begin
    if q.parcels is not null then
        select st_union(p.geom) into parcels from release.land_parcel as p
        where p.parcel_key = any(q.parcel_keys) and p.from_release <= q.release_id and p.to_release > q.release_id;
    end if;
    if parcels is null and q.geom is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["geometry, or known parcels"]}');
    end if;
    if q.geom is not null then
        others := checks.parcels_under(q, q.geom, tolerance_m2);
    end if;
    if parcels is not null then
        others := nullif(
            coalesce(others, '[]') || coalesce(checks.parcels_under(q, parcels, tolerance_m2), '[]'), '[]'
        );
    end if;
    if others is null then
        return checks.found('PASS', 'NO_OVERLAP', '{}');
    end if;
    held := checks.held_in(
        checks.read_held(checks.key_names(
            'land_parcel', array(select o ->> 'parcel_key' from jsonb_array_elements(others) as o)
        ), q.release_id),
        '{land_parcel}'
    );
    if jsonb_array_length(held) >= (select count(distinct o ->> 'parcel_key') from jsonb_array_elements(others) as o) then
        return checks.found('HELD', 'NEIGHBOUR_HELD', jsonb_build_object('parcels', others, 'held', held));
    end if;
    return checks.found('FAIL', 'OVERLAPS_PARCEL', jsonb_build_object('parcels', others));
end
$$;
comment on function checks.no_parcel_overlap(checks.question, jsonb) is
'The area asked for, and the parcels, overlap no other parcel by more than the tolerance. Only held ones: HELD.';
