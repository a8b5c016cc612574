{#- Statement that removes the station days which `source` no longer has; days it still has are computed again. -#}
{% macro delete_vanished_air_days(source) -%}
    {%- if is_incremental() -%}
    delete from {{ this }} as done
    where not exists (
        select 1 from {{ source }} as live
        where live.station_key = done.station_key and live.local_day = done.local_day
    )
    {%- else -%}
    select 1
    {%- endif -%}
{%- endmacro %}
