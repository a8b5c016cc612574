{#- What an overlay was computed by: the text of its definition and the tolerances of the day. A query of its own, so that it
    is worked out once and not for every row. -#}
{% macro overlay_mark() -%}
    (select md5(concat_ws(
        '|', {{ logic_mark() }}, {{ derivation_parameter('overlay_sliver_m2') }}, {{ derivation_parameter('overlay_touch_m2') }}
    )))
{%- endmacro %}
