-- Checks of what a project needs by its group and its facility: appraisal of its impact, and an environmental permit. What
-- is on record about its group, and its decision on environmental impact, are read in 239_project_records.sql.
-- A project that grows may change its group: a record that says otherwise is told, and decides nothing against anybody.
create or replace function checks.eia_appraisal_required(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    stated text := q.subject ->> 'project_group';
    recorded text[] := checks.groups_on_record(q);
    decisive text := coalesce(stated, recorded[1]);
    evidence jsonb := jsonb_build_object('project_group', stated, 'groups_on_record', coalesce(to_jsonb(recorded), '[]'));
begin
    if parameters -> 'exempt_mineral_groups' ? (q.subject ->> 'mineral_group') then
        return checks.found('FAIL', 'APPRAISAL_NOT_REQUIRED', evidence || jsonb_build_object(
            'mineral_group', q.subject -> 'mineral_group'
        ));
    elsif decisive is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["project_group, or a facility whose group is recorded"]}');
    elsif stated <> all(recorded) or (stated is null and cardinality(recorded) > 1) then
        return checks.found(
            'UNKNOWN', 'GROUP_DIFFERS_FROM_RECORD', evidence || '{"missing": ["which of these groups the project is of"]}'
        );
    elsif parameters -> 'partly_needed_by_groups' ? decisive then
        return checks.found('UNKNOWN', 'NEED_NOT_TOLD', evidence || '{"missing": ["whether this project of its group needs it"]}');
    elsif parameters -> 'needed_by_groups' ? decisive then
        return checks.found('PASS', 'APPRAISAL_REQUIRED', evidence);
    end if;
    return checks.found('FAIL', 'APPRAISAL_NOT_REQUIRED', evidence);
end
$$;
comment on function checks.eia_appraisal_required(checks.question, jsonb) is
'The project is of a group whose environmental impact is appraised, as stated and as permits and decisions have it.';

create or replace function checks.facility_permitted(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    use_asked text := q.subject ->> 'target_land_use_code';
    stated text := q.subject ->> 'project_group';
    recorded text[];
    decisive text;
    permits jsonb;
    evidence jsonb := jsonb_build_object('facility_key', q.subject -> 'facility_key', 'target_land_use_code', use_asked);
begin
    if not q.subject ? 'facility_key' then
        if use_asked is not null and not parameters -> 'facility_uses' ? use_asked then
            return checks.found('PASS', 'USE_OF_NO_FACILITY', evidence);
        end if;
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', evidence || jsonb_build_object('missing', jsonb_build_array(
            case when use_asked is null then 'target_land_use_code, or facility_key' else 'facility_key' end
        )));
    end if;
    select jsonb_agg(jsonb_build_object(
        'permit_key', e.permit_key, 'valid_to', e.valid_to,
        'found', checks.permit_in_force(checks.permit_facts(to_jsonb(e)), q.asked_on, q.is_before_release)
    ) order by e.permit_key)
    into permits
    from release.environmental_permit as e
    where e.facility_key = q.subject ->> 'facility_key' and e.from_release <= q.release_id and e.to_release > q.release_id;
    evidence := evidence || jsonb_build_object('project_group', stated, 'permits', coalesce((
        select jsonb_agg(p - 'found' || jsonb_build_object('state', p #> '{found,reason_code}'))
        from jsonb_array_elements(permits) as p
    ), '[]'));
    if permits @> '[{"found": {"result": "PASS"}}]' then
        return checks.found('PASS', 'FACILITY_PERMITTED', evidence);
    elsif permits @> '[{"found": {"result": "UNKNOWN"}}]' then
        return checks.found('UNKNOWN', 'PERMIT_STATUS_UNKNOWN', evidence || jsonb_build_object('missing', (
            select jsonb_agg(distinct m)
            from jsonb_array_elements(permits) as p, jsonb_array_elements(p #> '{found,evidence,missing}') as m
        )));
    end if;
    recorded := checks.groups_on_record(q);
    decisive := coalesce(stated, recorded[1]);
    evidence := evidence || jsonb_build_object('groups_on_record', coalesce(recorded, '{}'));
    if (stated is null and cardinality(recorded) > 1) or (
        stated <> all(recorded) and not (parameters -> 'permit_groups' ?& recorded and parameters -> 'permit_groups' ? stated)
    ) then
        return checks.group_differs(q, recorded, evidence);
    elsif decisive is null or parameters -> 'depends_on_waste' ? decisive then
        return checks.found('UNKNOWN', 'NEED_NOT_TOLD', evidence || '{"missing": ["project_group, or waste to be treated"]}');
    elsif not parameters -> 'permit_groups' ? decisive then
        return checks.found('PASS', 'REGISTRATION_SUFFICES', evidence);
    end if;
    return checks.key_not_found(q, q.subject ->> 'facility_key', 'facility', checks.found(
        'FAIL', 'NO_PERMIT_IN_FORCE', evidence
    ));
end
$$;
comment on function checks.facility_permitted(checks.question, jsonb) is
'The land is not meant for a facility, or the facility named has a permit in force where its group needs one, as stated or,
where none is, as the one on record.';
