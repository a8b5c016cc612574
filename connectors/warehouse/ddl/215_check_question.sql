-- A question, read once for all its checks.
create or replace function checks.names_of(subject jsonb, parcel_keys text[], parcels jsonb) returns text[]
language plpgsql immutable as $$
declare
    names text[] := checks.key_names('land_parcel', parcel_keys) || array_remove(array[
        subject ->> 'parcel_uid', subject ->> 'certificate_serial', checks.tax_code_of(subject ->> 'organisation_tax_code'),
        'mineral_licence:' || (subject ->> 'licence_key'),
        'mineral_licence:' || checks.number_name(subject ->> 'licence_number'),
        'environmental_permit:' || (subject ->> 'permit_key'),
        'environmental_permit:' || checks.number_name(subject ->> 'permit_number'),
        'facility:' || (subject ->> 'facility_key'), 'eia_decision:' || checks.number_name(subject ->> 'eia_number'),
        'party:' || (subject ->> 'party_key')
    ], null);
begin
    if subject ? 'parcel' then
        names := names || concat_ws(
            '/', 'parcel:' || (subject #>> '{parcel,commune_code}'),
            checks.sheet_number(subject #>> '{parcel,sheet_no}'), checks.sheet_number(subject #>> '{parcel,parcel_no}')
        );
    end if;
    names := names || array['unit:' || (subject ->> 'commune_code'), 'unit:' || (subject #>> '{parcel,commune_code}')];
    for i in 0 .. coalesce(jsonb_array_length(parcels), 0) - 1 loop
        names := names || ('unit:' || (parcels #>> array[i::text, 'source_commune_code']));
    end loop;
    return array_remove(names, null);
end
$$;
comment on function checks.names_of(jsonb, text[], jsonb) is
'Every key, number and unit by which what the subject names may be held.';

create or replace function checks.places_named(q checks.question) returns text[]
language plpgsql stable as $$
declare
    codes text[];
begin
    if not checks.is_published(q.datasets, 'administrative_unit') then
        return null;
    elsif q.parcels is not null then
        select array_agg(distinct p ->> 'commune_code') into codes from jsonb_array_elements(q.parcels) as p;
        return checks.places_of_communes(codes, q.release_id);
    elsif q.geom is not null then
        return checks.places_of_shape(q.geom, q.release_id);
    elsif q.subject ? 'parcel_uid' then
        return checks.places_of_shape(
            st_transform(st_setsrid(st_pointfromgeohash(q.subject ->> 'parcel_uid'), 4326), 4756), q.release_id
        );
    elsif (q.subject ? 'commune_code' or q.subject ? 'parcel')
        and checks.is_published(q.datasets, 'administrative_unit_change')
    then
        codes := checks.today_codes(checks.unit_of_code(
            coalesce(q.subject ->> 'commune_code', q.subject #>> '{parcel,commune_code}'),
            coalesce(q.subject ->> 'commune_valid_on', q.subject #>> '{parcel,commune_valid_on}')::date, q.release_id
        ), q.release_id);
        return checks.places_of_communes(codes, q.release_id);
    end if;
    return null;
end
$$;
comment on function checks.places_named(checks.question) is
'Where the subject lies today, its parcels before its shape; null where it names no place, or no unit is known by its code.';

create or replace function checks.covering(q checks.question, places text[]) returns text[]
language plpgsql stable as $$
begin
    return (
        select array_agg(c.dataset) from (
            select c.dataset, count(distinct p) as n_places
            from release.dataset_coverage as c
            inner join unnest(covering.places) as p on c.area_code in (split_part(p, '/', 1), split_part(p, '/', 2), '*')
            where c.from_release <= q.release_id and c.to_release > q.release_id
                and (c.valid_from is null or c.valid_from <= q.asked_on) and (c.valid_to is null or c.valid_to >= q.asked_on)
            group by c.dataset
        ) as c
        where c.n_places = cardinality(covering.places)
    );
end
$$;
comment on function checks.covering(checks.question, text[]) is 'The datasets that speak for every one of these places.';

create or replace function checks.read_question(subject jsonb, at bigint) returns checks.question
language plpgsql stable as $$
declare
    q checks.question;
begin
    q.release_id := at;
    q.subject := subject;
    q.asked_at := checks.moment_asked(subject, at);
    q.asked_on := (q.asked_at at time zone 'Asia/Ho_Chi_Minh')::date;
    q.is_before_release := checks.is_before_release(q.asked_on, at);
    q.built_on := checks.built_on(at);
    q.max_age := make_interval(secs => (subject ->> 'max_age_hours')::double precision * 3600);
    select
        jsonb_object_agg(d.dataset, jsonb_build_object('as_of', d.source_as_of, 'max_age', d.max_age)),
        array_agg(d.dataset) filter (where q.asked_at - d.source_as_of > least(q.max_age, d.max_age))
    into q.datasets, q.stale
    from checks.dataset_ages(at) as d; -- 410_rows_read.sql
    q.geom := checks.read_geometry(subject);
    q.n_parcels := checks.n_parcels_named(subject);
    if q.n_parcels > 0 then
        q.parcel_keys := checks.parcels_named(subject, at, q.datasets);
    end if;
    if q.parcel_keys is not null and checks.is_published(q.datasets, 'land_parcel') then
        q.parcels := checks.read_parcels(q.parcel_keys, at);
    end if;
    if q.parcels is not null and checks.is_published(q.datasets, 'land_restriction') then
        q.restrictions := checks.read_restrictions(q.parcel_keys, at, q.asked_on, q.is_before_release);
    end if;
    q.names := checks.names_of(subject, q.parcel_keys, q.parcels);
    q.held := checks.read_held(q.names, at);
    q.places := checks.places_named(q);
    -- A dossier may state a new shape beside its parcels, which need not lie in them: what is asked of a place is asked of
    -- both, what is asked of parcels is asked where they are.
    if q.geom is not null and q.parcels is not null and checks.is_published(q.datasets, 'administrative_unit') then
        q.shape_places := checks.places_of_shape(q.geom, at);
    end if;
    if checks.is_published(q.datasets, 'dataset_coverage') then
        q.covering := checks.covering(q, q.places);
        if q.shape_places is not null then
            q.shape_covering := checks.covering(q, q.shape_places);
        end if;
    end if;
    if subject ? 'commune_code' and checks.is_published(q.datasets, 'administrative_unit') then
        perform checks.unit_of_code(subject ->> 'commune_code', (subject ->> 'commune_valid_on')::date, at);
    end if;
    return q;
end
$$;
comment on function checks.read_question(jsonb, bigint) is
'A question about a subject in a release, with the records that it names. Refuses a subject that cannot be understood.';
