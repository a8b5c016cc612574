-- A question that takes longer than a minute is one that nobody waits for, and an open transaction keeps old rows from being
-- cleaned up. Whoever fetches whole tables sets statement_timeout for that session; what an operator has set here stays.
do $$
declare
    given text [] := (
        select s.setconfig from pg_db_role_setting as s
        inner join pg_database as d on s.setdatabase = d.oid
        where d.datname = current_database() and s.setrole = to_regrole('procedure_reader')
    );
    usual record;
begin
    for usual in
        select l.setting, l.val from (values ('statement_timeout', '1min'), ('idle_in_transaction_session_timeout', '10min'))
            as l (setting, val)
        where not exists (select from unnest(given) as g where starts_with(g, l.setting || '='))
    loop
        execute format(
            'alter role procedure_reader in database %I set %I = %L', current_database(), usual.setting, usual.val
        );
    end loop;
end
$$;
