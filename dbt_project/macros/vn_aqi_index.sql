{#- Index of one pollutant by linear interpolation (formulas 1 and 2 of Decision 1459/QĐ-TCMT), not yet rounded; null
    where the concentration is beyond a scale that ends. `segment` is a row of int_aqi_segment_derived. -#}
{% macro vn_aqi_index(concentration, segment) -%}
    case
        when {{ segment }}.concentration_to is null then {{ segment }}.index_from
        else {{ segment }}.index_from
            + ({{ segment }}.index_to - {{ segment }}.index_from)
            / ({{ segment }}.concentration_to - {{ segment }}.concentration_from)
            * ({{ concentration }} - {{ segment }}.concentration_from)
    end
{%- endmacro %}
