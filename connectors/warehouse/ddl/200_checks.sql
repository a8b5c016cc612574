-- Procedure checks run with a role of their own: it reads released data and what is held, and nothing else, so that no
-- question can bring out what is in raw. All of its functions are in schema checks, which nobody else may use; the files
-- 210 to 299 make them, as that role. The schema is made anew each time: it holds no data.
do $$
begin
    if not exists (select 1 from pg_roles where rolname = 'lt_checker') then
        begin
            create role lt_checker;
        exception when duplicate_object or unique_violation then
            null; -- another database of this cluster was faster
        end;
    end if;
    if not exists (
        select 1 from pg_auth_members where roleid = to_regrole('lt_checker') and member = to_regrole('lienthong')
    ) then
        grant lt_checker to lienthong;
    end if;
end
$$;

drop schema if exists checks cascade;
create schema checks authorization lt_checker;
comment on schema checks is 'How the questions of procedures are answered; called through shared.check_procedure only.';

grant usage on schema release, quality to lt_checker;
grant usage, create on schema shared, preview to lt_checker;
grant select on all tables in schema release to lt_checker;
alter default privileges for role lt_publisher in schema release grant select on tables to lt_checker;
grant select on quality.row_outcome to lt_checker;
grant execute on function shared.kept_release(bigint) to lt_checker;
alter default privileges for role lt_checker revoke execute on functions from public;
