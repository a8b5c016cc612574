-- What receipts add to an answer: the ages as they were known at an entry of the ledger, the published rows of the
-- subject, and which edition of the checks answered.
create or replace function checks.dataset_ages(at bigint)
returns table (dataset text, source_as_of timestamptz, max_age interval)
language sql stable as $$
    select
        d.dataset,
        case when current_setting('lienthong.ledger_entry', true) <> '' then (
            select a.source_as_of from release.known_age as a
            where a.release_id = d.release_id and a.dataset = d.dataset
                and a.since_entry <= nullif(current_setting('lienthong.ledger_entry', true), '')::bigint
            order by a.age_no desc limit 1
        ) else d.source_as_of end,
        d.max_age
    from release.dataset_release as d where d.release_id = at
$$;
comment on function checks.dataset_ages(bigint) is
'The datasets of a release and how old their sources are; in a replay, as it was known at that entry of the ledger.';

create or replace function checks.row_read(dataset text, record_key text, row_hash bytea) returns jsonb
language sql immutable as $$
    select jsonb_build_object('dataset', dataset, 'record_key', record_key, 'row_hash', encode(row_hash, 'hex'))
$$;

-- Whoever applies, under every key of the same organisation, and who holds the parcels named: by these 224 tells holders apart.
create or replace function checks.party_keys_read(q checks.question) returns text[]
language plpgsql stable as $$
declare
    keys text[] := checks.parties_stated(q);
begin
    if q.parcel_keys is not null and checks.is_published(q.datasets, 'land_right') then
        keys := keys || array(
            select h.party_key from release.land_right as h
            where h.parcel_key = any(q.parcel_keys) and h.party_key is not null
                and h.from_release <= q.release_id and h.to_release > q.release_id
        );
    end if;
    return keys;
end
$$;
comment on function checks.party_keys_read(checks.question) is 'The keys of the parties that an answer about holders reads.';

-- One statement each: a table that is not there yet may not even be named.
create or replace function checks.land_rows_read(q checks.question, dataset text) returns jsonb
language plpgsql stable as $$
declare
    at bigint := q.release_id;
begin
    case dataset
        when 'land_parcel' then
            return (select jsonb_agg(checks.row_read(dataset, r.parcel_key, r.row_hash)) from release.land_parcel as r
                where r.parcel_key = any(q.parcel_keys) and r.from_release <= at and r.to_release > at);
        when 'land_parcel_use' then
            return (select jsonb_agg(checks.row_read(dataset, concat_ws('|', r.parcel_key, r.seq), r.row_hash))
                from release.land_parcel_use as r
                where r.parcel_key = any(q.parcel_keys) and r.from_release <= at and r.to_release > at);
        when 'land_right' then
            return (select jsonb_agg(checks.row_read(dataset, r.right_key, r.row_hash)) from release.land_right as r
                where (r.parcel_key = any(q.parcel_keys) or r.certificate_serial = q.subject ->> 'certificate_serial')
                    and r.from_release <= at and r.to_release > at);
        when 'land_restriction' then
            return (select jsonb_agg(checks.row_read(dataset, r.restriction_key, r.row_hash))
                from release.land_restriction as r
                where r.parcel_keys && q.parcel_keys and r.from_release <= at and r.to_release > at);
        when 'land_parcel_lineage' then
            return (select jsonb_agg(
                    checks.row_read(
                        dataset, concat_ws('|', r.old_parcel_key, r.new_parcel_key, r.effective_on), r.row_hash
                    )
                ) from release.land_parcel_lineage as r
                where (r.old_parcel_key = any(q.parcel_keys) or r.new_parcel_key = any(q.parcel_keys))
                    and r.from_release <= at and r.to_release > at);
        when 'party' then
            return (select jsonb_agg(checks.row_read(dataset, r.party_key, r.row_hash)) from release.party as r
                where (r.party_key = any(checks.party_keys_read(q))
                        or r.organisation_tax_code = checks.tax_code_of(q.subject ->> 'organisation_tax_code'))
                    and r.from_release <= at and r.to_release > at);
        when 'administrative_unit' then
            return (select jsonb_agg(checks.row_read(dataset, concat_ws('|', r.code, r.valid_from), r.row_hash))
                from release.administrative_unit as r
                where r.code = any(array[q.subject ->> 'commune_code', q.subject #>> '{parcel,commune_code}'])
                    and r.from_release <= at and r.to_release > at);
        else
            return null;
    end case;
end
$$;

create or replace function checks.constraints_read(q checks.question, dataset text) returns text[]
language plpgsql stable as $$
declare
    keys text[];
begin
    if q.geom is not null and checks.is_published(q.datasets, 'mineral_constraint_piece') then
        keys := (select array_agg(distinct c.constraint_key) from release.mineral_constraint_piece as c
            where c.geom && q.geom and st_intersects(c.geom, q.geom) and c.constraint_dataset = dataset
                and c.from_release <= q.release_id and c.to_release > q.release_id);
    end if;
    if q.parcel_keys is not null and checks.is_published(q.datasets, 'parcel_constraint') then
        keys := keys || (select array_agg(distinct c.constraint_key) from release.parcel_constraint as c
            where c.parcel_key = any(q.parcel_keys) and c.constraint_dataset = dataset
                and c.from_release <= q.release_id and c.to_release > q.release_id);
    end if;
    if q.asked_on <> q.built_on and (q.geom is not null or q.parcels is not null) then
        keys := keys || array(select o #>> '{told,constraint_key}' from jsonb_array_elements(checks.overlaps_of_day(q)) as o
            where o ->> 'dataset' = constraints_read.dataset
                and ((o ->> 'is_most')::boolean or (o ->> 'area_m2')::numeric > 0));
    end if;
    return keys;
end
$$;
comment on function checks.constraints_read(checks.question, text) is
'The licences, zones or protected areas that lie over the area asked for, and over the parcels named.';

create or replace function checks.other_rows_read(q checks.question, dataset text) returns jsonb
language plpgsql stable as $$
declare
    at bigint := q.release_id;
    keys text[];
begin
    case dataset
        when 'parcel_constraint' then
            return (select jsonb_agg(
                    checks.row_read(
                        dataset, concat_ws('|', r.parcel_key, r.constraint_dataset, r.constraint_key), r.row_hash
                    )
                ) from release.parcel_constraint as r
                where r.parcel_key = any(q.parcel_keys) and r.from_release <= at and r.to_release > at);
        when 'mineral_licence' then
            keys := checks.licence_keys(q);
            keys := keys || checks.constraints_read(q, dataset) || (
                select array_agg(l.replaced_by) from release.mineral_licence as l
                where l.licence_key = any(keys) and l.replaced_by is not null and l.from_release <= at and l.to_release > at
            );
            return (select jsonb_agg(checks.row_read(dataset, r.licence_key, r.row_hash))
                from release.mineral_licence as r
                where r.licence_key = any(keys) and r.from_release <= at and r.to_release > at);
        when 'mineral_zone' then
            keys := checks.constraints_read(q, dataset);
            return (select jsonb_agg(checks.row_read(dataset, r.zone_key, r.row_hash)) from release.mineral_zone as r
                where r.zone_key = any(keys) and r.from_release <= at and r.to_release > at);
        when 'protected_area' then
            keys := checks.constraints_read(q, dataset);
            return (select jsonb_agg(checks.row_read(dataset, r.protected_area_key, r.row_hash))
                from release.protected_area as r
                where r.protected_area_key = any(keys) and r.from_release <= at and r.to_release > at);
        when 'environmental_permit' then
            keys := checks.permit_keys(q);
            return (select jsonb_agg(checks.row_read(dataset, r.permit_key, r.row_hash))
                from release.environmental_permit as r
                where (r.permit_key = any(keys) or r.facility_key = q.subject ->> 'facility_key')
                    and r.from_release <= at and r.to_release > at);
        when 'facility' then
            return (select jsonb_agg(checks.row_read(dataset, r.facility_key, r.row_hash)) from release.facility as r
                where r.facility_key = q.subject ->> 'facility_key' and r.from_release <= at and r.to_release > at);
        when 'eia_decision' then
            return (select jsonb_agg(checks.row_read(dataset, r.decision_key, r.row_hash))
                from release.eia_decision as r
                where (r.facility_key = q.subject ->> 'facility_key'
                        or r.number = (checks.number_parts(q.subject ->> 'eia_number'))[1])
                    and r.from_release <= at and r.to_release > at);
        else
            return null;
    end case;
end
$$;

create or replace function checks.rows_read(q checks.question, needed text[]) returns jsonb
language plpgsql stable as $$
declare
    found_rows jsonb := '[]';
    dataset text;
begin
    foreach dataset in array coalesce(needed, '{}') loop
        if checks.is_published(q.datasets, dataset) then
            found_rows := found_rows || coalesce(
                checks.land_rows_read(q, dataset), checks.other_rows_read(q, dataset), '[]'
            );
        end if;
    end loop;
    return (
        select coalesce(jsonb_agg(f order by f ->> 'dataset' collate "C", f ->> 'record_key' collate "C"), '[]')
        from jsonb_array_elements(found_rows) as f
    );
end
$$;
comment on function checks.rows_read(checks.question, text[]) is
'Dataset, key and hash of every published row, in the datasets needed, that carries a key or number of the subject or lies
over its area. Reference rows (coverage, catalogue of procedures, limits) are fixed by the release and not listed.';
