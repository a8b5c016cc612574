-- Checks of what land is used for, by every use recorded: a parcel of two uses must pass with both.
create or replace function checks.read_uses(q checks.question) returns jsonb
language plpgsql stable as $$
begin
    return (
        select jsonb_agg(jsonb_build_object(
            'parcel_key', u.parcel_key, 'land_use_code', u.land_use_code, 'planned_use_code', u.planned_use_code,
            'term_until', u.term_until, 'area_m2', u.area_m2
        ) order by u.parcel_key, u.seq)
        from release.land_parcel_use as u
        where u.parcel_key = any(q.parcel_keys) and u.from_release <= q.release_id and u.to_release > q.release_id
    );
end
$$;

create or replace function checks.uses_lacking(q checks.question, uses jsonb) returns jsonb
language plpgsql immutable as $$
begin
    return (
        select jsonb_agg(k) from unnest(q.parcel_keys) as k
        where not exists (
            select from jsonb_array_elements(uses) as u where u ->> 'parcel_key' = k and u ->> 'land_use_code' is not null
        )
    );
end
$$;

create or replace function checks.land_use(q checks.question, aspect text, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    uses jsonb := checks.read_uses(q);
    lacking jsonb := checks.uses_lacking(q, uses);
    evidence jsonb := jsonb_build_object('uses', uses);
begin
    if lacking is not null then
        return checks.found('UNKNOWN', 'USE_NOT_RECORDED', jsonb_build_object('missing', lacking));
    elsif q.is_before_release and exists (
        select from release.land_parcel_use as u
        where u.parcel_key = any(q.parcel_keys) and u.valid_from > q.asked_on
            and u.from_release <= q.release_id and u.to_release > q.release_id
    ) then
        return checks.found('UNKNOWN', 'USE_BEGAN_LATER', evidence || '{"missing": ["the use of the land on that day"]}');
    end if;
    return case aspect
        when 'allowed' then checks.land_use_allowed(uses, parameters, evidence)
        when 'term' then checks.land_use_term_open(uses, q.asked_on, evidence)
        when 'planned' then checks.planned_use(q, uses, evidence)
        when 'same' then checks.same_land_use(uses, evidence)
    end;
end
$$;
comment on function checks.land_use(checks.question, text, jsonb) is 'One aspect of the uses of the parcels named.';

create or replace function checks.land_use_allowed(uses jsonb, parameters jsonb, evidence jsonb) returns checks.finding
language plpgsql stable as $$
declare
    barred jsonb;
    conditional jsonb;
begin
    select
        jsonb_agg(distinct u -> 'land_use_code') filter (
            where (parameters ? 'forbidden' and parameters -> 'forbidden' ? (u ->> 'land_use_code'))
                or (parameters ? 'allowed' and not parameters -> 'allowed' ? (u ->> 'land_use_code'))
        ),
        jsonb_agg(distinct u -> 'land_use_code') filter (where parameters -> 'conditional' ? (u ->> 'land_use_code'))
    into barred, conditional
    from jsonb_array_elements(uses) as u;
    if barred is not null then
        return checks.found('FAIL', 'USE_NOT_ALLOWED', evidence || jsonb_build_object('not_allowed', barred));
    elsif conditional is not null then
        return checks.found('UNKNOWN', 'USE_CONDITIONAL', evidence || jsonb_build_object(
            'conditional', conditional, 'missing', jsonb_build_array('the decision that allows another use of such land')
        ));
    end if;
    return checks.found('PASS', 'USE_ALLOWED', evidence);
end
$$;
comment on function checks.land_use_allowed(jsonb, jsonb, jsonb) is
'No use is barred, and none needs a decision that no register has (`conditional`): that speaks against nobody.';

create or replace function checks.land_use_term_open(uses jsonb, on_day date, evidence jsonb) returns checks.finding
language plpgsql stable as $$
begin
    if exists (select from jsonb_array_elements(uses) as u where (u ->> 'term_until')::date < on_day) then
        return checks.found('FAIL', 'TERM_ENDED', evidence);
    end if;
    return checks.found('PASS', 'TERM_OPEN', evidence);
end
$$;
comment on function checks.land_use_term_open(jsonb, date, jsonb) is
'No use has ended; a use without an end is one of long duration.';

-- A code that the list does not have is mistyped or of another list: that no plan names it says nothing.
create or replace function checks.planned_use(q checks.question, uses jsonb, evidence jsonb) returns checks.finding
language plpgsql stable as $$
declare
    target text := q.subject ->> 'target_land_use_code';
    finding checks.finding := checks.planned_use_agrees(uses, target, evidence);
begin
    if finding.result = 'FAIL' and checks.is_published(q.datasets, 'land_use_type') then
        if not exists (
            select from release.land_use_type as t
            where t.land_use_code = target and t.from_release <= q.release_id and t.to_release > q.release_id
        ) then
            return checks.found('UNKNOWN', 'TARGET_NOT_KNOWN', evidence || '{"missing": ["a code of shared.land_use_type"]}');
        end if;
    end if;
    return finding;
end
$$;
comment on function checks.planned_use(checks.question, jsonb, jsonb) is
'The land may be put to the use asked for, as planned; unknown for a code that is in no list.';

create or replace function checks.planned_use_agrees(uses jsonb, target text, evidence jsonb) returns checks.finding
language plpgsql stable as $$
begin
    if target is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["target_land_use_code"]}');
    elsif exists (select from jsonb_array_elements(uses) as u where u ->> 'planned_use_code' is null) then
        return checks.found('UNKNOWN', 'PLAN_NOT_RECORDED', evidence || '{"missing": ["planned_use_code"]}');
    elsif exists (select from jsonb_array_elements(uses) as u where u ->> 'planned_use_code' <> target) then
        return checks.found('FAIL', 'PLAN_DIFFERS', evidence);
    end if;
    return checks.found('PASS', 'PLAN_AGREES', evidence);
end
$$;

create or replace function checks.same_land_use(uses jsonb, evidence jsonb) returns checks.finding
language plpgsql stable as $$
begin
    if (
        select count(distinct codes) from (
            select array_agg(distinct u ->> 'land_use_code') as codes from jsonb_array_elements(uses) as u
            group by u ->> 'parcel_key'
        ) as by_parcel
    ) = 1 then
        return checks.found('PASS', 'SAME_USE', evidence);
    end if;
    return checks.found('FAIL', 'USES_DIFFER', evidence);
end
$$;
