-- The records that a subject names, and what of them most checks need.
create or replace function checks.parcels_by_number(number jsonb, at bigint, datasets jsonb) returns text[]
language plpgsql stable as $$
declare
    unit jsonb := checks.unit_of_code(number ->> 'commune_code', (number ->> 'commune_valid_on')::date, at);
    sheet text := checks.sheet_number(number ->> 'sheet_no');
    plot text := checks.sheet_number(number ->> 'parcel_no');
    found_keys text[];
begin
    if unit ->> 'valid_to' is null then
        select array_agg(p.parcel_key) into found_keys from release.land_parcel as p
        where p.commune_code = unit ->> 'code' and p.sheet_no = sheet and p.parcel_no = plot
            and p.from_release <= at and p.to_release > at;
        return found_keys;
    end if;
    select array_agg(p.parcel_key) into found_keys from release.land_parcel as p
    where p.source_commune_code = unit ->> 'code' and p.sheet_no = sheet and p.parcel_no = plot
        and p.source_commune_valid_on between (unit ->> 'valid_from')::date and (unit ->> 'valid_to')::date
        and p.from_release <= at and p.to_release > at;
    if found_keys is null and checks.is_published(datasets, 'land_parcel_lineage') then
        select array_agg(distinct l.new_parcel_key) into found_keys from release.land_parcel_lineage as l
        where l.old_sheet_no = sheet and l.old_parcel_no = plot
            and (l.old_commune_code = unit ->> 'code' or unit ->> 'code' = any(l.old_commune_codes))
            and l.from_release <= at and l.to_release > at;
    end if;
    return found_keys;
end
$$;
comment on function checks.parcels_by_number(jsonb, bigint, jsonb) is
'Parcels with this commune, sheet and number on the day given, followed through the renumbering after mergers.';

-- Whoever names parcels one by one and as a list means all of them.
create or replace function checks.parcel_keys_stated(subject jsonb) returns text[]
language plpgsql immutable as $$
begin
    if not subject ? 'parcel_keys' then
        return case when subject ? 'parcel_key' then array[subject ->> 'parcel_key'] end;
    end if;
    return (
        select array_agg(distinct k) from (
            select jsonb_array_elements_text(subject -> 'parcel_keys') as k
            union all
            select subject ->> 'parcel_key'
        ) as stated
        where k is not null
    );
end
$$;

create or replace function checks.parcels_named(subject jsonb, at bigint, datasets jsonb) returns text[]
language plpgsql stable as $$
begin
    if subject ?| '{parcel_key,parcel_keys}' then
        return checks.parcel_keys_stated(subject);
    elsif not checks.is_published(datasets, 'land_parcel') then
        return null;
    elsif subject ? 'parcel_uid' then
        return (
            select array_agg(p.parcel_key) from release.land_parcel as p
            where p.parcel_uid = subject ->> 'parcel_uid' and p.from_release <= at and p.to_release > at
        );
    elsif subject ? 'parcel' and checks.is_published(datasets, 'administrative_unit') then
        return checks.parcels_by_number(subject -> 'parcel', at, datasets);
    end if;
    return null;
end
$$;
comment on function checks.parcels_named(jsonb, bigint, jsonb) is
'The keys of the parcels that a subject names: by their keys, else by identifier, else by number. What it names beside them
must be among them: 216_named_twice.sql.';

create or replace function checks.n_parcels_named(subject jsonb) returns integer
language plpgsql immutable as $$
begin
    return coalesce(
        cardinality(checks.parcel_keys_stated(subject)), (subject ?| '{parcel_uid,parcel}')::integer
    );
end
$$;

create or replace function checks.read_parcels(keys text[], at bigint) returns jsonb
language plpgsql stable as $$
begin
    return (
        select jsonb_agg(jsonb_build_object(
            'parcel_key', p.parcel_key, 'source_system', p.source_system, 'commune_code', p.commune_code,
            'source_commune_code', p.source_commune_code, 'source_commune_valid_on', p.source_commune_valid_on,
            'sheet_no', p.sheet_no, 'parcel_no', p.parcel_no, 'parcel_uid', p.parcel_uid,
            'former_sheet_no', p.former_sheet_no, 'former_parcel_no', p.former_parcel_no,
            'legal_area_m2', p.legal_area_m2, 'survey_area_m2', p.survey_area_m2, 'is_disputed', p.is_disputed
        ))
        from release.land_parcel as p
        where p.parcel_key = any(keys) and p.from_release <= at and p.to_release > at
    );
end
$$;

create or replace function checks.keys_not_found(q checks.question) returns jsonb
language plpgsql immutable as $$
begin
    return (
        select jsonb_agg(k order by k) from unnest(q.parcel_keys) as k
        where not exists (select from jsonb_array_elements(q.parcels) as p where p ->> 'parcel_key' = k)
    );
end
$$;
comment on function checks.keys_not_found(checks.question) is 'The parcels named by key that the release does not have.';

-- In force on the day of the question, not of the build: what ended since does not bind. What begins after the build is not
-- active in the data until the next one. Of a day before the release the dates decide: what is over now may have bound then,
-- and of what is over without a last day nobody can tell (`is_end_unknown`). A mortgage is gone on the day of its discharge, all else after its last day.
create or replace function checks.is_in_force(kind text, valid_from date, valid_to date, on_day date) returns boolean
language sql immutable as $$
    select coalesce(valid_from <= on_day, true)
        and coalesce(case when kind = 'MORTGAGE' then valid_to > on_day else valid_to >= on_day end, true)
$$;
comment on function checks.is_in_force(text, date, date, date) is
'Whether a restriction that the register calls active is in force on a day.';

create or replace function checks.read_restrictions(keys text[], at bigint, on_day date, is_before boolean) returns jsonb
language plpgsql stable as $$
begin
    return (
        select jsonb_agg(jsonb_build_object(
            'restriction_key', r.restriction_key, 'kind', r.kind, 'subject_type', r.subject_type,
            'authority', r.authority, 'since', r.valid_from, 'source_system', r.source_system
        ) || case when r.is_active is not true and r.valid_to is null then '{"is_end_unknown": true}' else '{}' end::jsonb
            order by r.restriction_key)
        from release.land_restriction as r
        where r.parcel_keys && keys and (r.is_active or is_before) and checks.is_in_force(r.kind, r.valid_from, r.valid_to, on_day)
            and r.from_release <= at and r.to_release > at
    );
end
$$;

-- Keys of different datasets can be the same text, so what is held is named with its dataset (055_held_concerns.sql).
create or replace function checks.key_names(of_dataset text, keys text[]) returns text[]
language plpgsql immutable as $$
begin
    return (select array_agg(of_dataset || ':' || k) from unnest(keys) as k);
end
$$;
comment on function checks.key_names(text, text[]) is 'The names by which records of these keys may be held; null for no key.';

create or replace function checks.read_held(names text[], at bigint) returns jsonb
language plpgsql stable as $$
begin
    return (
        select jsonb_agg(checks.held_record(o) order by o.dataset, o.record_key)
        from quality.row_outcome as o
        where array_append(o.concerns, o.dataset || ':' || o.record_key) && names
            and o.outcome = 'held' and o.release_id = at
    );
end
$$;
comment on function checks.read_held(text[], bigint) is 'Held records with one of these names, and whom to ask.';

create or replace function checks.held_record(o quality.row_outcome) returns jsonb
language plpgsql stable as $$
begin
    return jsonb_build_object(
        'dataset', o.dataset, 'record_key', o.record_key, 'rules', to_jsonb(o.rule_ids), 'custodian', o.custodian,
        'since', o.first_seen_at
    ) || jsonb_strip_nulls(jsonb_build_object('suggestion', o.suggestion)) || checks.sound_of_held(o);
end
$$;
comment on function checks.held_record(quality.row_outcome) is 'A held record as evidence shows it.';

-- An overlap that is held speaks of what lies over the parcel: a held protected area says nothing about licences.
create or replace function checks.held_in(held jsonb, datasets text[]) returns jsonb
language plpgsql immutable as $$
begin
    return (
        select jsonb_agg(h) from jsonb_array_elements(held) as h
        where h ->> 'dataset' = any(datasets) and (
            h ->> 'dataset' <> 'parcel_constraint' or split_part(h ->> 'record_key', '|', 2) = any(datasets)
        )
    );
end
$$;

-- A key says which register it is of; of a register that is not connected nothing can be said.
create or replace function checks.registers_not_connected(q checks.question, keys text[], of_dataset text) returns text[]
language plpgsql stable as $$
begin
    if not checks.is_published(q.datasets, 'dataset_coverage') then
        return array(select distinct split_part(k, ':', 1) from unnest(keys) as k);
    end if;
    return (
        select array_agg(distinct split_part(k, ':', 1)) from unnest(keys) as k
        where not exists (
            select from release.dataset_coverage as c
            where c.dataset = of_dataset and c.source_system = split_part(k, ':', 1)
                and c.from_release <= q.release_id and c.to_release > q.release_id
        )
    );
end
$$;
comment on function checks.registers_not_connected(checks.question, text[], text) is
'The registers of these keys (what stands before the colon) that the release has no such dataset of; null if none.';

-- Of a key that was not found: no such record, or a register that nobody can look into.
create or replace function checks.key_not_found(q checks.question, key text, of_dataset text, finding checks.finding)
returns checks.finding
language plpgsql stable as $$
declare
    strange text[] := checks.registers_not_connected(q, array[key], of_dataset);
begin
    if key is not null and strange is not null then
        return checks.found('UNKNOWN', 'REGISTER_NOT_CONNECTED', jsonb_build_object('missing', strange));
    end if;
    return finding;
end
$$;
comment on function checks.key_not_found(checks.question, text, text, checks.finding) is
'The finding, unless the key is of a register that is not connected: UNKNOWN, with the register.';

-- What lies at the place of a question and is held: no matter for what is asked of the subject itself, but a place is not
-- free because a record was held back. Parcels are looked for within the same 110 m ("lot"), licences, zones and protected
-- areas within 1.1 km ("cell").
create or replace function checks.read_held_at(q checks.question, kind text) returns jsonb
language plpgsql stable as $$
declare
    names text[];
    held jsonb;
begin
    if q.geom is not null then
        names := checks.cells_asked(q.geom, kind) || checks.communes_touched(q);
    end if;
    if q.parcels is not null then
        names := names || array(
            select n from release.land_parcel as p, unnest(checks.cells_asked(p.geom, kind)) as n
            where p.parcel_key = any(q.parcel_keys) and p.from_release <= q.release_id and p.to_release > q.release_id
        );
        names := names || array(select 'commune:' || (p ->> 'commune_code') from jsonb_array_elements(q.parcels) as p);
    end if;
    held := (
        select jsonb_agg(checks.held_record(o) || '{"at_the_place": true}' order by o.dataset, o.record_key)
        from quality.row_outcome as o
        where array_append(o.concerns, o.dataset || ':' || o.record_key) && names
            and o.outcome = 'held' and o.release_id = q.release_id and (o.dataset = 'land_parcel') = (kind = 'lot')
            and not array_append(o.concerns, o.dataset || ':' || o.record_key) && coalesce(q.names, '{}')
    );
    return coalesce(checks.held_in_force(held, q.asked_on, q.is_before_release), '[]');
end
$$;
comment on function checks.read_held_at(checks.question, text) is
'Held parcels (lot) or other records (cell) in the cells, or recorded in the communes, that the place asked about touches.';

-- What was not looked for is not nothing: it would pass for a free place.
create or replace function checks.assert_place_read(what_was_read jsonb) returns void
language plpgsql immutable as $$
begin
    if what_was_read is null then
        raise exception 'a check asks what lies at a place that was not read' using errcode = 'object_not_in_prerequisite_state',
            hint = 'checks.answers_of reads it for checks about a PLACE: see subject and datasets of the check in check_listed.';
    end if;
end
$$;
comment on function checks.assert_place_read(jsonb) is 'Ends the question where a check would take an unread place for a free one.';

create or replace function checks.held_nearby(q checks.question, datasets text[]) returns jsonb
language plpgsql stable as $$
declare
    held jsonb := case when 'land_parcel' = any(datasets) then checks.read_held_at(q, 'lot') else q.held_here end;
begin
    if held = '[]' then
        return null;
    end if;
    perform checks.assert_place_read(held);
    return (select jsonb_agg(h) from jsonb_array_elements(held) as h where h ->> 'dataset' = any(datasets));
end
$$;
comment on function checks.held_nearby(checks.question, text[]) is 'Held records of these datasets at the place asked about.';

create or replace function checks.communes_touched(q checks.question) returns text[]
language plpgsql stable as $$
declare
    place text := case when q.parcels is null then q.places[1] else q.shape_places[1] end;
begin
    if not q.datasets ? 'administrative_unit' then
        return null;
    elsif split_part(place, '/', 2) <> '' and st_dimension(q.geom) = 2 then
        return array['commune:' || split_part(place, '/', 2)]; -- an area within one commune has none in another
    end if;
    return array(
        select 'commune:' || u.code from release.administrative_unit as u
        where u.geom && q.geom and u.level = 'commune' and u.valid_to is null and u.from_release <= q.release_id
            and u.to_release > q.release_id and st_intersects(u.geom, q.geom)
    );
end
$$;
