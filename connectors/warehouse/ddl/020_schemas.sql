-- Extensions, schemas and their owners. staging, intermediate and warehouse belong to dbt; the rest to lt_owner.
create extension if not exists postgis;
create extension if not exists pgcrypto;

do $$
begin
    -- Text and date keys are compared as text in several places: they must render alike in every session.
    execute format('alter database %I set timezone to ''UTC''', current_database());
    execute format('alter database %I set datestyle to ''ISO, YMD''', current_database());
    execute format('alter database %I set intervalstyle to ''iso_8601''', current_database());
    execute format('alter database %I owner to lienthong', current_database());
    execute format('revoke all on database %I from public', current_database());
    execute format(
        'grant connect on database %I to lt_loader, lt_builder, lt_publisher, procedure_reader, auditor_reader',
        current_database()
    );
    execute format('grant temporary on database %I to lt_loader, lt_builder, lt_publisher', current_database());
end
$$;
set timezone to 'UTC';

create schema if not exists raw authorization lt_owner;
create schema if not exists quality authorization lt_owner;
create schema if not exists release authorization lt_owner;
create schema if not exists preview authorization lt_owner;
create schema if not exists shared authorization lt_owner;
create schema if not exists audit authorization lt_owner;
create schema if not exists staging authorization lt_builder;
create schema if not exists intermediate authorization lt_builder;
create schema if not exists warehouse authorization lt_builder;
