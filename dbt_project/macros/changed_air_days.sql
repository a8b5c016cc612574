{#- Query of (station_key, local_day, day_mark) that an incremental build of air quality must compute again.

    `source` carries a mark per station and day of all that the day was made of; the model's own text is added to it, so
    that a changed definition takes effect by itself. All days where the build is not incremental. -#}
{% macro changed_air_days(source) -%}
    select
        marked.station_key,
        marked.local_day,
        md5(marked.day_mark || {{ logic_mark() }}) as day_mark
    from (select distinct station_key, local_day, day_mark from {{ source }}) as marked
    {%- if is_incremental() %}
    where not exists (
        select 1 from {{ this }} as done
        where done.station_key = marked.station_key
            and done.local_day = marked.local_day
            and done.day_mark = md5(marked.day_mark || {{ logic_mark() }})
    )
    {%- endif %}
{%- endmacro %}
