{#- The column tells rows apart: returns each value that is missing or repeats. One test, because every test costs. -#}
{% test is_key(model, column_name) %}
select {{ column_name }}, count(*) as n_rows
from {{ model }}
group by {{ column_name }}
having {{ column_name }} is null or count(*) > 1
{% endtest %}
