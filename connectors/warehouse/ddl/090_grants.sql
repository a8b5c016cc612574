-- Who may do what (design 11). tests/integration/test_roles.py holds the expected table and walks it.
grant usage on schema raw to lt_loader, lt_builder, lt_publisher;
grant usage on schema staging, intermediate, warehouse to lt_publisher;
grant usage on schema quality to lt_publisher, auditor_reader;
grant usage on schema release to lt_publisher, auditor_reader;
grant usage on schema preview to lt_publisher;
grant usage on schema shared to lt_publisher, procedure_reader, auditor_reader;
grant usage on schema audit to lt_loader, lt_builder, lt_publisher, auditor_reader;

-- raw: the loader writes, the builder reads, the publisher sees how old the sources are and nothing else.
grant create on schema raw to lt_loader;
alter default privileges for role lt_loader in schema raw grant select on tables to lt_builder;
grant select, update (used_at, batch_id) on raw._approval to lt_loader;

-- staging, intermediate, warehouse: the builder owns them, the publisher checks and stages from them.
grant select on all tables in schema staging, intermediate, warehouse to lt_publisher;
alter default privileges for role lt_builder in schema staging, intermediate, warehouse
grant select on tables to lt_publisher;
alter default privileges for role lt_builder revoke execute on functions from public;

-- quality
grant select, insert, update, delete on quality.row_outcome, quality.verdict, quality.rule to lt_publisher;
grant select on quality.row_outcome, quality.verdict, quality.rule to auditor_reader;

-- release, preview, shared: the publisher derives tables and views; the pointer moves, it is never added or removed.
grant create on schema release, preview, shared to lt_publisher;
grant select, insert, update on release.release, release.dataset, release.dataset_release to lt_publisher;
grant select, update on release.pointer, release.kept to lt_publisher;
grant select, insert, delete on release.held, release.last_build to lt_publisher;
grant select on release.release, release.pointer, release.kept, release.dataset, release.dataset_release, release.held
to auditor_reader;
revoke execute on all functions in schema raw, quality, shared, audit, release from public;
grant execute on function quality.declare_rules(text, jsonb) to lt_publisher;
grant select on all tables in schema shared to procedure_reader, auditor_reader, lt_publisher;
grant execute on all functions in schema shared to procedure_reader, auditor_reader, lt_publisher;
alter default privileges for role lt_publisher in schema shared grant select on tables to procedure_reader, auditor_reader;
alter default privileges for role lt_publisher revoke execute on functions from public;
alter default privileges for role lt_publisher in schema shared
grant execute on functions to procedure_reader, auditor_reader;

-- audit: everybody who moves rows appends, only auditor and owner read.
grant execute on function audit.record(text, jsonb) to lt_loader, lt_builder, lt_publisher;
grant execute on function audit.at_text(timestamptz) to auditor_reader;
grant select on audit.ledger to auditor_reader;

do $$
begin
    -- The tables of the loader (040_raw.sql) are named here so that all grants stand on one page.
    if to_regclass('raw._batch') is not null then
        grant select on raw._batch to lt_publisher;
    end if;
    if to_regprocedure('raw.pseudonymise(text)') is not null then
        grant execute on function raw.pseudonymise(text) to lt_builder;
    end if;
end
$$;
