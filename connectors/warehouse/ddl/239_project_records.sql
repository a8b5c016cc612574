-- What is on record of a project: its group, its mineral, its decision on environmental impact (ĐTM). What the dossier states
-- does not beat the record: where they differ nobody is told that something is not needed.
create or replace function checks.groups_on_record(q checks.question) returns text[]
language plpgsql stable as $$
begin
    return (
        select array_agg(distinct g.project_group) from (
            select p.project_group from release.environmental_permit as p
            where p.facility_key = q.subject ->> 'facility_key'
                and p.from_release <= q.release_id and p.to_release > q.release_id
            union all
            select d.project_group from release.eia_decision as d
            where d.facility_key = q.subject ->> 'facility_key'
                and d.from_release <= q.release_id and d.to_release > q.release_id
        ) as g
        where g.project_group is not null
    );
end
$$;
comment on function checks.groups_on_record(checks.question) is
'The project groups that permits and decisions on environmental impact state for the facility; null if none does.';

create or replace function checks.group_differs(q checks.question, recorded text[], evidence jsonb) returns checks.finding
language plpgsql stable as $$
begin
    return checks.found('UNKNOWN', 'GROUP_DIFFERS_FROM_RECORD', evidence || jsonb_build_object(
        'project_group', q.subject -> 'project_group', 'groups_on_record', recorded,
        'missing', '["which of these groups the project is of"]'::jsonb
    ));
end
$$;
comment on function checks.group_differs(checks.question, text[], jsonb) is 'UNKNOWN, with the group stated and those on record.';

-- Stated to be of an exempt group: believed, unless a licence is named. Then the licence says what its mineral is.
create or replace function checks.exempt_by_mineral(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    recorded jsonb;
    evidence jsonb := jsonb_build_object('mineral_group', q.subject -> 'mineral_group');
begin
    if not parameters ? 'mineral_group_of_licence' or not q.subject ?| '{licence_key,licence_number}' then
        return checks.found('PASS', 'GROUP_NEEDS_NONE', evidence);
    elsif checks.is_published(q.datasets, 'mineral_licence') and checks.held_in(q.held, '{mineral_licence}') is null then
        select jsonb_agg(distinct l -> 'mineral_group') into recorded
        from jsonb_array_elements(checks.read_licences(q)) as l;
    end if;
    if recorded = jsonb_build_array(q.subject -> 'mineral_group') then
        return checks.found('PASS', 'GROUP_NEEDS_NONE', evidence || jsonb_build_object('groups_on_record', recorded));
    end if;
    return checks.found('UNKNOWN', 'GROUP_DIFFERS_FROM_RECORD', evidence || jsonb_build_object(
        'groups_on_record', coalesce(recorded, '[]'), 'missing', '["the mineral group, as the licence has it"]'::jsonb
    ));
end
$$;
comment on function checks.exempt_by_mineral(checks.question, jsonb) is
'The mineral is of a group that needs no decision, and the licence named does not say otherwise.';

create or replace function checks.read_decisions(q checks.question, facility text, stated text[]) returns jsonb
language plpgsql stable as $$
begin
    return (
        select jsonb_agg(jsonb_build_object(
            'decision_key', d.decision_key, 'number', d.number, 'decided_on', d.decided_on, 'facility_key', d.facility_key
        ) order by d.decision_key)
        from release.eia_decision as d
        where (d.facility_key = facility or (d.number = stated[1] and d.symbol = stated[2] and d.issuer = stated[3]))
            and coalesce(d.decided_on <= q.asked_on, true)
            and d.from_release <= q.release_id and d.to_release > q.release_id
    );
end
$$;
comment on function checks.read_decisions(checks.question, text, text[]) is
'The decisions of a facility, or of a number, that were made until the day of the question.';

-- A number alone does not tell whose decision it is: others have the same number, of another year or province.
create or replace function checks.decision_stated(q checks.question) returns checks.finding
language plpgsql stable as $$
declare
    facility text := q.subject ->> 'facility_key';
    stated text[] := checks.number_parts(q.subject ->> 'eia_number');
    stated_on date := checks.number_date(q.subject ->> 'eia_number');
    of_number jsonb;
    of_facility jsonb;
    theirs jsonb;
    evidence jsonb;
begin
    if facility is not null then
        of_facility := checks.read_decisions(q, facility, null);
    end if;
    if not q.subject ? 'eia_number' then
        theirs := of_facility;
    else
        of_number := checks.read_decisions(q, null, stated);
        select jsonb_agg(d) into theirs from jsonb_array_elements(of_number) as d
        where d ->> 'facility_key' = facility and coalesce((d ->> 'decided_on')::date = stated_on, stated_on is null);
    end if;
    if theirs is not null then
        return checks.found('PASS', 'DECISION_EXISTS', jsonb_build_object('decisions', theirs));
    end if;
    evidence := jsonb_strip_nulls(jsonb_build_object('of_number', of_number, 'of_facility', of_facility));
    if of_number is not null and facility is null then
        return checks.found('UNKNOWN', 'DECISION_OF_UNKNOWN_PROJECT', evidence || '{"missing": ["facility_key"]}');
    elsif of_facility is not null or of_number @> '[{"facility_key": null}]' then
        return checks.found('UNKNOWN', 'DECISION_DIFFERS', evidence || '{"missing": ["which decision is of this facility"]}');
    end if;
    return checks.found(null, null, evidence);
end
$$;
comment on function checks.decision_stated(checks.question) is
'PASS for a decision of the facility, of the number stated where one is; UNKNOWN where they differ; without result if none.';

create or replace function checks.eia_decision_exists(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    project_group text := q.subject ->> 'project_group';
    recorded text[];
    answer checks.finding;
begin
    if parameters -> 'exempt_mineral_groups' ? (q.subject ->> 'mineral_group') then
        return checks.exempt_by_mineral(q, parameters);
    end if;
    recorded := checks.groups_on_record(q);
    if project_group <> all(recorded) then
        return checks.group_differs(q, recorded, '{}');
    elsif project_group is not null and not parameters -> 'needed_by_groups' ? project_group then
        if parameters -> 'needed_by_groups' ?| recorded then
            return checks.group_differs(q, recorded, '{}');
        end if;
        return checks.found('PASS', 'GROUP_NEEDS_NONE', jsonb_build_object('project_group', project_group));
    elsif not q.subject ?| '{facility_key,eia_number}' then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["facility_key or eia_number"]}');
    end if;
    answer := checks.decision_stated(q);
    if answer.result is not null then
        return answer;
    elsif not q.subject ? 'facility_key' then
        return checks.found('UNKNOWN', 'DECISION_NOT_FOUND', '{"missing": ["the decision, in the registers connected"]}');
    elsif project_group is null or parameters -> 'partly_needed_by_groups' ? project_group then
        return checks.found('UNKNOWN', 'NEED_NOT_TOLD', answer.evidence || jsonb_build_object(
            'project_group', project_group, 'missing', '["project_group, or whether this project of group II needs one"]'::jsonb
        ));
    end if;
    return checks.key_not_found(q, q.subject ->> 'facility_key', 'eia_decision', checks.found(
        'FAIL', 'NO_DECISION', answer.evidence || jsonb_build_object('project_group', project_group)
    ));
end
$$;
comment on function checks.eia_decision_exists(checks.question, jsonb) is
'A decision on environmental impact exists for the facility where the project group, as stated and on record, needs one.';

create or replace function checks.permit_not_required(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    project_group text := q.subject ->> 'project_group';
    recorded text[] := checks.groups_on_record(q);
begin
    if project_group is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["project_group"]}');
    elsif parameters -> 'permit_groups' ? project_group then
        return checks.found('FAIL', 'PERMIT_REQUIRED', jsonb_build_object('project_group', project_group));
    elsif project_group <> all(recorded) or parameters -> 'permit_groups' ?| recorded then
        return checks.group_differs(q, recorded, '{}');
    elsif parameters -> 'depends_on_waste' ? project_group then
        return checks.found('UNKNOWN', 'DEPENDS_ON_WASTE', '{"missing": ["waste that must be treated"]}');
    end if;
    return checks.found('PASS', 'REGISTRATION_SUFFICES', jsonb_build_object('project_group', project_group));
end
$$;
comment on function checks.permit_not_required(checks.question, jsonb) is
'The project is of a group that registers with its commune and needs no permit; no record of its facility says otherwise.';
