{#- The named columns together are unique: returns each combination that repeats. -#}
{% test assert_columns_unique(model, columns) %}
select {{ columns | join(', ') }}, count(*) as n_rows
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
