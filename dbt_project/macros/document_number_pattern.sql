{#- Regular expression of a licence or permit number: `680/GP-UBND`, `31/GPMT- UBND`. Groups: number, symbol, issuer.

    Symbols begin with G (GP, GPMT, GPTN …) or are QĐ, the decision. A digit or slash before the number means that it is
    part of something else (12/2023/GP-UBND) and does not match: what cannot be read for certain is not guessed. -#}
{% macro document_number_pattern() -%}
    '(?:^|[^0-9/])([0-9]{1,5})\s*/\s*(G[A-ZĐ]{0,8}|QĐ)\s*-\s*([A-ZĐ&]{2,12})(?![A-ZĐ&])'
{%- endmacro %}
