{#- A map-sheet or parcel number in one form: `12.0` and ` 012 ` are `12`; `DC12` and `12-2` stay, in upper case. -#}
{% macro sheet_number(column) -%}
    case
        when trim({{ column }}) ~ '^[0-9]+(\.0*)?$'
            then coalesce(nullif(ltrim(split_part(trim({{ column }}), '.', 1), '0'), ''), '0')
        else nullif(upper(normalize(trim({{ column }}), nfc)), '')
    end
{%- endmacro %}
