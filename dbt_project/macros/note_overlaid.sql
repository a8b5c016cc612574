{#- Statements that note what parcel_constraint is made of now: all live constraints, and parcels with nothing written since.
    For its post-hook, in the transaction that builds it. -#}
{% macro note_overlaid() -%}
    delete from intermediate.parcel_touched;
    insert into intermediate.constraint_overlaid
    select
        constraint_dataset,
        constraint_key,
        constraint_hash,
        {{ overlay_mark() }}
    from {{ ref('int_constraint_live') }}
    on conflict do nothing
{%- endmacro %}
