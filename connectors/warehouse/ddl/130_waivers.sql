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
-- The waivers with which a release was judged, as they were then: the file may say something else since.
create table if not exists quality.release_waiver (
    release_id bigint not null,
    waiver_id text not null,
    dataset text not null,
    waiver jsonb not null,
    let_through bigint not null,
    primary key (release_id, waiver_id)
);
comment on table quality.release_waiver is
'Waivers in force when the rows of a release were judged, and how many failures each let through. Grain: one row per release and waiver.';
grant select, insert, delete on quality.waived, quality.release_waiver to lt_publisher;
grant select on quality.waived, quality.release_waiver to auditor_reader;
