-- The roles of the warehouse (design 11). Roles belong to the whole cluster, so every statement bears repetition and
-- a second database that is being set up at the same moment. Passwords are not set here: the runtime sets them.
do $$
declare
    role_name text;
begin
    foreach role_name in array array[
        'lienthong', 'lt_owner', 'lt_loader', 'lt_builder', 'lt_publisher', 'procedure_reader', 'auditor_reader'
    ] loop
        if not exists (select 1 from pg_roles where rolname = role_name) then
            begin
                execute format('create role %I', role_name);
            exception when duplicate_object or unique_violation then
                null; -- another database of this cluster was faster
            end;
        end if;
        if role_name <> 'lt_owner' and not (select rolcanlogin from pg_roles where rolname = role_name) then
            execute format('alter role %I login', role_name);
        end if;
        if role_name <> 'lienthong' and not exists (
            select 1 from pg_auth_members
            where roleid = to_regrole(role_name) and member = to_regrole('lienthong')
        ) then
            execute format('grant %I to lienthong', role_name);
        end if;
    end loop;
end
$$;
