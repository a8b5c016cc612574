-- What the rules found. Filled by the expectations; read by stage, gate, report and auditor.
create table if not exists quality.row_outcome (
    dataset text not null,
    record_key text not null,
    release_id bigint not null,
    outcome text not null check (outcome in ('held', 'warned', 'out_of_scope')),
    rule_ids text[] not null check (cardinality(rule_ids) > 0),
    custodian text,
    first_seen_at timestamptz not null default now(),
    primary key (dataset, release_id, record_key)
);
comment on table quality.row_outcome is
'Every failing key of a release with the rules it failed. Grain: one row per dataset, release and record key.';

create table if not exists quality.verdict (
    release_id bigint not null,
    dataset text not null,
    rule_id text not null,
    severity text not null check (severity in ('hold', 'block', 'warn', 'scope')),
    success boolean not null,
    observed jsonb not null default '{}',
    evaluated_at timestamptz not null default now(),
    primary key (release_id, dataset, rule_id)
);
comment on table quality.verdict is
'What the gate saw. Grain: one row per release, dataset and rule; a rule that errored is not a success.';

create table if not exists quality.rule (
    rule_id text not null,
    dataset text not null,
    severity text not null check (severity in ('hold', 'block', 'warn', 'scope')),
    definition jsonb not null,
    columns text[] not null default '{}',
    agency text,
    legal_basis text,
    message_vi text not null,
    message_en text not null,
    is_active boolean not null default true,
    changed_at timestamptz not null default now(),
    primary key (rule_id, dataset)
);
comment on table quality.rule is
'The rule catalogue as last enforced. Ids are permanent: a rule that is gone stays with is_active = false.';

-- Replaces the catalogue of one dataset; a row whose definition is the same keeps its changed_at.
create or replace function quality.declare_rules(for_dataset text, rules jsonb) returns bigint
language sql set search_path = pg_catalog, quality as $$
    with given as (
        select *
        from jsonb_to_recordset(rules) as g (
            rule_id text, severity text, definition jsonb, columns text[],
            agency text, legal_basis text, message_vi text, message_en text
        )
    ),
    retired as (
        update quality.rule as r set is_active = false, changed_at = now()
        where r.dataset = for_dataset and r.is_active
            and not exists (select 1 from given as g where g.rule_id = r.rule_id)
    ),
    written as (
        insert into quality.rule as r (
            rule_id, dataset, severity, definition, columns, agency, legal_basis, message_vi, message_en
        )
        select
            g.rule_id, for_dataset, g.severity, coalesce(g.definition, '{}'), coalesce(g.columns, '{}'),
            g.agency, g.legal_basis, g.message_vi, g.message_en
        from given as g
        on conflict (rule_id, dataset) do update set
            severity = excluded.severity, definition = excluded.definition, columns = excluded.columns,
            agency = excluded.agency, legal_basis = excluded.legal_basis, message_vi = excluded.message_vi,
            message_en = excluded.message_en, is_active = true, changed_at = now()
        where (r.severity, r.definition, r.columns, r.agency, r.legal_basis, r.message_vi, r.message_en, r.is_active)
            is distinct from (
                excluded.severity, excluded.definition, excluded.columns, excluded.agency,
                excluded.legal_basis, excluded.message_vi, excluded.message_en, true
            )
        returning 1
    )
    select count(*) from written
$$;
comment on function quality.declare_rules(text, jsonb) is
'Writes the rules of a dataset, as a JSON array, into the catalogue; answers how many are new or changed.';
