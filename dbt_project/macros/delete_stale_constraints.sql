{#- Statements that remove the rows of parcel_constraint whose parcel, constraint, tolerances or definition changed.

    What remains is still right, because an overlap depends on nothing else. What was written since is in a journal
    (connectors/warehouse/ddl/110_overlay_journal.sql): comparing all parcels costs more than the overlay of a day.
    Nothing is known of a table of parcels that was not watched, so that nothing remains then. The lock keeps the journal
    as it is until the model is built and `note_overlaid` has emptied it. -#}
{% macro delete_stale_constraints() -%}
    -- few as the parcels of a day are, each costs a search in two large indexes: worth a second process
    set local min_parallel_index_scan_size = 0;
    lock table {{ ref('land_parcel') }} in share mode;
    analyze intermediate.parcel_touched;
    {%- if is_incremental() %}
    do $$
    begin
        -- built when areas had six decimals: the table would go on rounding to them
        if exists (
            select from pg_attribute
            where attrelid = '{{ this }}'::regclass and attname = 'overlap_area_m2' and atttypmod <> -1
        ) then
            alter table {{ this }} alter column overlap_area_m2 type numeric;
        end if;
        if not intermediate.watch_parcels('{{ ref("land_parcel") }}') then
            delete from {{ this }};
            delete from intermediate.constraint_overlaid;
        end if;
    end
    $$;
    -- through the index: a day touches few of the rows
    delete from {{ this }} where parcel_key = any(array(select touched.parcel_key from intermediate.parcel_touched as touched));
    with outdated as (
        delete from intermediate.constraint_overlaid as former
        where not exists (
            select 1
            from {{ ref('int_constraint_live') }} as live
            where live.constraint_dataset = former.constraint_dataset
                and live.constraint_key = former.constraint_key
                and live.constraint_hash = former.constraint_hash
                and former.overlay_mark = {{ overlay_mark() }}
        )
        returning former.constraint_dataset, former.constraint_key
    )
    delete from {{ this }} as done
    using outdated
    where outdated.constraint_dataset = done.constraint_dataset and outdated.constraint_key = done.constraint_key
    {%- else %}
    delete from intermediate.constraint_overlaid;
    select intermediate.watch_parcels('{{ ref("land_parcel") }}')
    {%- endif -%}
{%- endmacro %}
