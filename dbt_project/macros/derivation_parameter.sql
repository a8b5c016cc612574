{#- One number that a derivation needs, as a scalar subquery on the reference rows that hold on the day of the build. -#}
{% macro derivation_parameter(name) -%}
    (
        select value from {{ ref('derivation_parameter') }}
        where name = '{{ name }}'
            and valid_from <= {{ build_date() }} and (valid_to is null or valid_to >= {{ build_date() }})
    )
{%- endmacro %}
