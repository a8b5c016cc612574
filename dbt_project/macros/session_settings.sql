{#- Settings of the transaction that builds a model, for the project's pre-hook. Just-in-time compilation costs seconds
    per query here, because geometry functions are declared expensive; the rest is room for joins of whole registers. -#}
{% macro session_settings() -%}
    set local jit = off; set local work_mem = '64MB'; set local max_parallel_workers_per_gather = 2
{%- endmacro %}
