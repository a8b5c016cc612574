-- Who may grant what is asked for.
-- `competence` are the rows of licensing_level for the type of licence, published with the requirement: those of its day
-- decide, and of several levels that share the competence each will do. A row with a condition speaks neither for nor
-- against whom it names: no register says whether the condition is met.
create or replace function checks.authority_competent(q checks.question, parameters jsonb) returns checks.finding
language plpgsql stable as $$
declare
    stated text := q.subject ->> 'licensing_authority';
    competent text[];
    conditions jsonb;
    evidence jsonb;
begin
    if stated is null or q.subject ->> 'mineral_group' is null then
        return checks.found('UNKNOWN', 'SUBJECT_LACKS', '{"missing": ["mineral_group and licensing_authority"]}');
    end if;
    select
        array_agg(c ->> 'authority' order by c ->> 'authority') filter (where c ->> 'condition' is null),
        jsonb_agg(c -> 'condition' order by c ->> 'condition')
            filter (where c ->> 'condition' is not null and c ->> 'authority' = stated),
        jsonb_build_object(
            'mineral_group', q.subject -> 'mineral_group', 'on', q.asked_on,
            'competent', jsonb_agg(c -> 'authority' order by c ->> 'authority') filter (where c ->> 'condition' is null),
            'legal_basis', jsonb_agg(distinct c -> 'legal_basis')
                filter (where c ->> 'condition' is null or c ->> 'authority' = stated)
        )
    into competent, conditions, evidence
    from jsonb_array_elements(parameters -> 'competence') as c
    where c -> 'mineral_group' = q.subject -> 'mineral_group' and (c ->> 'valid_from')::date <= q.asked_on
        and coalesce((c ->> 'valid_to')::date >= q.asked_on, true);
    if stated = any(competent) then
        return checks.found('PASS', 'AUTHORITY_COMPETENT', evidence);
    elsif conditions is not null then
        return checks.found('UNKNOWN', 'AUTHORITY_DEPENDS', evidence || jsonb_build_object('missing', conditions));
    elsif competent is null then
        return checks.found('UNKNOWN', 'LIMIT_NOT_LOADED', evidence || '{"missing": ["authority of the group on the day"]}');
    end if;
    return checks.found('FAIL', 'AUTHORITY_NOT_COMPETENT', evidence);
end
$$;
comment on function checks.authority_competent(checks.question, jsonb) is
'Who is asked for the licence may grant it for this mineral group, by the reference rows of the day; UNKNOWN where only
under a condition.';
