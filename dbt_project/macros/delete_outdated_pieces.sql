{#- Statement that removes the pieces of constraints that are gone or changed, or were cut by another definition. -#}
{% macro delete_outdated_pieces() -%}
    {%- if is_incremental() and not has_column('constraint_hash') -%}
    truncate {{ this }}
    {%- elif is_incremental() -%}
    with outdated as (
        -- the first piece speaks for the others
        select
            piece.constraint_dataset,
            piece.constraint_key
        from {{ this }} as piece
        where piece.piece_no = 1
            and (
                piece.logic_mark <> {{ logic_mark() }}
                or not exists (
                    select 1
                    from {{ ref('int_constraint_live') }} as live
                    where live.constraint_dataset = piece.constraint_dataset
                        and live.constraint_key = piece.constraint_key
                        and live.constraint_hash = piece.constraint_hash
                )
            )
    )
    delete from {{ this }} as piece
    using outdated
    where outdated.constraint_dataset = piece.constraint_dataset and outdated.constraint_key = piece.constraint_key
    {%- else -%}
    select 1
    {%- endif -%}
{%- endmacro %}
