-- Where a subject lies: communes with their codes of the day, and today's provinces.
create or replace function checks.is_published(q_datasets jsonb, dataset text) returns boolean
language plpgsql immutable as $$
begin
    return q_datasets ? dataset;
end
$$;

create or replace function checks.unit_of_code(code text, on_day date, at bigint) returns jsonb
language plpgsql stable as $$
declare
    units jsonb;
    is_same boolean := false;
begin
    select jsonb_agg(jsonb_build_object(
        'code', u.code, 'full_name', u.full_name, 'valid_from', u.valid_from, 'valid_to', u.valid_to,
        'parent_code', u.parent_code
    ) order by u.valid_from)
    into units
    from release.administrative_unit as u
    where u.code = unit_of_code.code and u.level = 'commune' and u.from_release <= at and u.to_release > at
        and (on_day is null or (u.valid_from <= on_day and (u.valid_to is null or u.valid_to >= on_day)));
    if jsonb_array_length(units) = 1 or units is null then
        return units -> 0;
    end if;
    -- The name alone does not tell: a commune that took in others often kept its code and its name.
    if exists (
        select from release.dataset_release as d where d.dataset = 'administrative_unit_change' and d.release_id = at
    ) then
        is_same := exists (
            select from release.administrative_unit_change as c
            where c.old_code = unit_of_code.code and c.new_code = unit_of_code.code and c.kind in ('SAME', 'RENAMED')
                and c.from_release <= at and c.to_release > at
        );
    end if;
    if not is_same or units #>> '{0,full_name}' <> units #>> '{-1,full_name}' then
        perform checks.refuse(
            format(
                'the commune code %s is ambiguous without a date: %s until %s, %s from %s', code,
                units #>> '{0,full_name}', units #>> '{0,valid_to}', units #>> '{-1,full_name}', units #>> '{-1,valid_from}'
            ),
            checks.form_accepted('commune_code'), 'Give the date to which the code belongs (commune_valid_on).'
        );
    end if;
    return units -> -1;
end
$$;
comment on function checks.unit_of_code(text, date, bigint) is
'The commune that a code meant on a day; null if none. Without a day only where the code never changed its
meaning: the unit neither took in another nor gave land away (administrative_unit_change).';

create or replace function checks.today_codes(unit jsonb, at bigint) returns text[]
language plpgsql stable as $$
begin
    if unit is null or unit ->> 'valid_to' is null then
        return array_remove(array[unit ->> 'code'], null);
    end if;
    return (
        select array_agg(c.new_code) from release.administrative_unit_change as c
        where c.old_code = unit ->> 'code' and c.from_release <= at and c.to_release > at
    );
end
$$;
comment on function checks.today_codes(jsonb, bigint) is 'The communes of today in which a commune of some day lies.';

create or replace function checks.places_of_communes(codes text[], at bigint) returns text[]
language plpgsql stable as $$
begin
    return (
        select array_agg(distinct u.parent_code || '/' || u.code) from release.administrative_unit as u
        where u.code = any(codes) and u.level = 'commune' and u.valid_to is null
            and u.from_release <= at and u.to_release > at
    );
end
$$;

-- A shape within one commune is told by that commune; only others need the outlines of whole provinces.
create or replace function checks.places_of_shape(shape geometry, at bigint) returns text[]
language plpgsql stable as $$
declare
    place text;
begin
    select u.parent_code || '/' || u.code into place from release.administrative_unit as u
    where u.geom && shape and u.level = 'commune' and u.valid_to is null and u.from_release <= at and u.to_release > at
        and st_covers(u.geom, shape)
    limit 1;
    if place is not null then
        return array[place];
    end if;
    return (
        select coalesce(array_agg(u.code || '/'), '{}')
            || case when bool_or(st_covers(u.geom, shape)) then '{}' else '{?/}' end::text[]
        from release.administrative_unit as u
        where u.geom && shape and u.level = 'province' and u.valid_to is null and u.from_release <= at and u.to_release > at
            and st_intersects(u.geom, shape)
    );
end
$$;
comment on function checks.places_of_shape(geometry, bigint) is
'Province and commune of today that a shape lies in; else its provinces, with ? where no single one covers it.';
