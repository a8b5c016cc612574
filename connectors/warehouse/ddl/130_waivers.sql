-- Which failures a waiver let through: the record was published, or warned of, although it fails the rule.
create table if not exists quality.waived (
    dataset text not null,
    release_id bigint not null,
    record_key text not null,
    rule_id text not null,
    waiver_id text not null,
    primary key (dataset, release_id, record_key, rule_id)
);
comment on table quality.waived is
'Failures that a waiver let through. Grain: one row per release, record and rule; the waiver stands in waivers.yml.';
grant select, insert, delete on quality.waived to lt_publisher;
grant select on quality.waived to auditor_reader;
