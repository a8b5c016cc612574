{#- What an overlay was computed by: the text of its definition and the tolerances of the day. -#}
{% macro overlay_mark() -%}
    md5(concat_ws(
        '|', {{ logic_mark() }}, {{ derivation_parameter('overlay_sliver_m2') }}, {{ derivation_parameter('overlay_touch_m2') }}
    ))
{%- endmacro %}
