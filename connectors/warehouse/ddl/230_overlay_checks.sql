-- Checks of what lies over a place. Live on the day of the question: one that ended since the build no longer counts. One that
-- was not live on the day of the build is not in the overlay; of another day it is found by its dates (229).
create or replace function checks.kinds_of(check_code text) returns text[]
language plpgsql immutable as $$
begin
    return case check_code
        when 'NO_PROHIBITED_ZONE' then '{PROHIBITED}'
        when 'NO_TEMPORARILY_PROHIBITED_ZONE' then '{TEMPORARILY_PROHIBITED}'
        when 'NO_RESERVE_ZONE' then '{RESERVE}'
        when 'MINERAL_PLANNING_KNOWN' then '{PLANNING}'
        when 'AUCTION_ZONES_KNOWN' then '{AUCTION}'
    end;
end
$$;
comment on function checks.kinds_of(text) is 'The kinds of zone that a check is about; null for one that is about no kind.';

create or replace function checks.read_overlaps(q checks.question) returns jsonb
language plpgsql stable as $$
declare
    met jsonb := coalesce(checks.overlaps_of_shape(q), '[]') || coalesce(checks.overlaps_of_parcels(q), '[]');
begin
    if q.asked_on <> q.built_on then
        met := met || coalesce(checks.overlaps_of_day(q), '[]');
        return coalesce(checks.without_replaced(q, met), '[]');
    end if;
    return met;
end
$$;
comment on function checks.read_overlaps(checks.question) is
'All that lies over the shape and the parcels on the day of the question (checks.overlap_met); an empty array for nothing.';

-- The sliver is what surveys of one line differ by; a common boundary (TOUCHES) is no overlap. Ground that is itself hardly
-- larger lies over what covers most of it.
create or replace function checks.overlaps_with(
    q checks.question, of_dataset text, kinds text[], sliver_m2 numeric
) returns jsonb
language plpgsql immutable as $$
begin
    if q.lies_here = '[]' then
        return null;
    end if;
    perform checks.assert_place_read(q.lies_here);
    return (
        select jsonb_agg(o.met -> 'told' order by o.n)
        from jsonb_array_elements(q.lies_here) with ordinality as o (met, n)
        where o.met ->> 'dataset' = of_dataset and (kinds is null or o.met #>> '{told,kind}' = any(kinds))
            and ((o.met ->> 'is_most')::boolean or (o.met ->> 'area_m2')::numeric > sliver_m2)
    );
end
$$;
comment on function checks.overlaps_with(checks.question, text, text[], numeric) is
'What of a dataset, and of these kinds, the place overlaps by more than the sliver, m², or for the most part; null for nothing.';

-- What is overlaid is the newest version. Where that is held and an earlier good one is still served, its place counts too.
create or replace function checks.last_good_over(q checks.question, of_dataset text, kinds text[]) returns jsonb
language plpgsql stable as $$
declare
    shapes geometry[] := array[q.geom];
    keys text[];
    of_other_kind text[];
    held jsonb;
begin
    if not exists (
        select from release.held as h where h.dataset = of_dataset and h.release_id = q.release_id and h.is_served
    ) then
        return null;
    elsif q.parcels is not null then
        select shapes || st_collect(p.geom) into shapes from release.land_parcel as p
        where p.parcel_key = any(q.parcel_keys) and p.from_release <= q.release_id and p.to_release > q.release_id;
    end if;
    if of_dataset = 'mineral_zone' then
        select array_agg(z.zone_key), array_agg(z.zone_key) filter (where not z.kind = any(kinds)) into keys, of_other_kind
        from unnest(shapes) as s
        inner join release.mineral_zone as z on z.geom && s
        where z.is_held and z.from_release <= q.release_id and z.to_release > q.release_id;
    elsif of_dataset = 'protected_area' then
        select array_agg(a.protected_area_key) into keys from unnest(shapes) as s
        inner join release.protected_area as a on a.geom && s
        where a.is_held and a.from_release <= q.release_id and a.to_release > q.release_id;
    else
        select array_agg(l.licence_key) into keys from unnest(shapes) as s
        inner join release.mineral_licence as l on l.geom && s
        where l.is_held and l.from_release <= q.release_id and l.to_release > q.release_id;
    end if;
    held := checks.held_in(checks.read_held(checks.key_names(of_dataset, keys), q.release_id), array[of_dataset]);
    return (
        select jsonb_agg(h) from jsonb_array_elements(held) as h
        where not coalesce(h ->> 'record_key' = any(of_other_kind), false)
            or checks.held_that_matters(jsonb_build_array(h), kinds) is not null
    );
end
$$;
comment on function checks.last_good_over(checks.question, text, text[]) is
'Held licences, zones or areas whose last good version, still served, lies over the box of the shape or of the parcels.';

-- Naming a licence makes it nobody's own. It counts as the applicant's where the procedure says so (own_licence_types: an
-- exploitation licence is asked for where its holder explored) and the holder on record is the organisation that applies.
create or replace function checks.own_licence(q checks.question, parameters jsonb) returns text
language plpgsql stable as $$
declare
    keys text[];
begin
    if not parameters ? 'own_licence_types' or not q.subject ?| '{licence_key,licence_number}'
        or not q.subject ? 'organisation_tax_code'
    then
        return null;
    end if;
    keys := checks.licence_keys(q);
    return (
        select l.licence_key from release.mineral_licence as l
        where l.licence_key = any(keys) and cardinality(keys) = 1
            and parameters -> 'own_licence_types' ? l.licence_type
            and l.holder_tax_code = checks.tax_code_of(q.subject ->> 'organisation_tax_code')
            and l.from_release <= q.release_id and l.to_release > q.release_id
    );
end
$$;
comment on function checks.own_licence(checks.question, jsonb) is
'The licence named, where the procedure builds on one of its type and the organisation that applies holds it; else null.';

create or replace function checks.place_not_told(q checks.question) returns checks.finding
language plpgsql immutable as $$
begin
    if q.geom is null and q.parcels is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["geometry, or known parcels"]}');
    elsif q.geom is not null and not checks.is_published(q.datasets, 'mineral_constraint_piece') then
        return checks.found('UNKNOWN', 'DATASET_NOT_PUBLISHED', '{"missing": ["mineral_constraint_piece"]}');
    end if;
    return null;
end
$$;
comment on function checks.place_not_told(checks.question) is 'Why nobody can tell what lies over the place; null where one can.';

-- Which of the constraints that were met are held; the last good version of a held one is served with its key.
create or replace function checks.held_among(q checks.question, of_dataset text, hits jsonb) returns jsonb
language plpgsql stable as $$
declare
    keys text[] := array(select h ->> 'constraint_key' from jsonb_array_elements(hits) as h);
begin
    return checks.held_in(checks.read_held(checks.key_names(of_dataset, keys), q.release_id), array[of_dataset]);
end
$$;

create or replace function checks.no_overlap_with(
    q checks.question, dataset text, kinds text[], parameters jsonb
) returns checks.finding
language plpgsql stable as $$
declare
    lacks checks.finding := checks.place_not_told(q);
    hits jsonb;
    own text := case when dataset = 'mineral_licence' then checks.own_licence(q, parameters) end;
    held jsonb;
    undated jsonb;
begin
    if lacks.result is not null then
        return lacks;
    end if;
    hits := checks.overlaps_with(q, dataset, kinds, coalesce((parameters ->> 'sliver_m2')::numeric, 1));
    if own is not null then -- what its holder explored does not stand in the way of exploiting it
        hits := (select jsonb_agg(h) from jsonb_array_elements(hits) as h where h ->> 'constraint_key' <> own);
    end if;
    if hits @> '[{"is_end_unknown": true}]' then
        undated := (select jsonb_agg(h) from jsonb_array_elements(hits) as h where h ? 'is_end_unknown');
        hits := (select jsonb_agg(h) from jsonb_array_elements(hits) as h where not h ? 'is_end_unknown');
    end if;
    if hits is null then
        held := checks.last_good_over(q, dataset, kinds);
        if held is not null then
            return checks.found('HELD', 'CONSTRAINT_HELD', jsonb_build_object('held', held));
        elsif undated is not null then
            return checks.found('UNKNOWN', 'END_NOT_RECORDED', jsonb_build_object(
                'overlaps', undated, 'missing', '["the day on which the licence was replaced"]'::jsonb
            ));
        end if;
        return checks.found('PASS', 'NO_OVERLAP', jsonb_strip_nulls(jsonb_build_object('own_licence', own)));
    end if;
    held := checks.held_among(q, dataset, hits);
    if jsonb_array_length(held) >= (select count(distinct h ->> 'constraint_key') from jsonb_array_elements(hits) as h) then
        return checks.found('HELD', 'CONSTRAINT_HELD', jsonb_build_object('overlaps', hits, 'held', held));
    end if;
    return checks.found('FAIL', 'OVERLAPS', jsonb_build_object('overlaps', hits));
end
$$;
comment on function checks.no_overlap_with(checks.question, text, text[], jsonb) is
'The area, and the parcels, overlap no live licence, zone or protected area of these kinds. All with held ones: HELD.';

-- Planning and auction bar nothing: who decides on a licence must know of them, as the review of overlaps in practice does.
create or replace function checks.zones_known(q checks.question, kinds text[], parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    lacks checks.finding := checks.place_not_told(q);
    hits jsonb;
    held jsonb;
begin
    if lacks.result is not null then
        return lacks;
    end if;
    hits := checks.overlaps_with(q, 'mineral_zone', kinds, coalesce((parameters ->> 'sliver_m2')::numeric, 1));
    held := coalesce(checks.held_among(q, 'mineral_zone', hits), checks.last_good_over(q, 'mineral_zone', kinds));
    if held is not null then
        return checks.found('HELD', 'CONSTRAINT_HELD', jsonb_build_object('overlaps', coalesce(hits, '[]'), 'held', held));
    end if;
    return checks.found(
        'PASS', case when hits is null then 'NO_ZONE' else 'IN_ZONE' end, jsonb_build_object('overlaps', coalesce(hits, '[]'))
    );
end
$$;
comment on function checks.zones_known(checks.question, text[], jsonb) is
'Tells the zones of these kinds over the area and the parcels; passes with or without, but not with one that is held.';
