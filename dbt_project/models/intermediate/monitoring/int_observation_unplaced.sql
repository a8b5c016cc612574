-- lines that belong to no hour: the file name names no station, or the time is none; they are counted, not lost
select
    file_name,
    line_no,
    symbol,
    time_text,
    change_no
from {{ ref('stg_monitoring_feed__observation') }}
where station_key is null or observed_at is null
