{#- A key under which two spellings of one Vietnamese name agree: letter case, the form of the apostrophe (`B'Lao`) and
    where the tone mark stands (`Hòa` and `Hoà`, both in use in official lists) make no difference; a different tone does. -#}
{% macro name_key(column) -%}
    lower(regexp_replace(
        normalize(replace({{ column }}, '’', ''''), nfd), '[\u0300\u0301\u0303\u0309\u0323]', '', 'g'
    ))
    || '|' || regexp_replace(normalize({{ column }}, nfd), '[^\u0300\u0301\u0303\u0309\u0323 ]', '', 'g')
{%- endmacro %}
