{# The share of tracks with popularity 0 does not rise by more than `by` from one day with values to the next. #}
{% test zeros_do_not_jump(model, by) %}
with shares as (

    select
        date,
        avg(case when popularity = 0 then 1.0 else 0.0 end) as share
    from {{ model }}
    group by date

),

compared as (

    select
        date,
        share,
        lag(share) over (order by date) as share_before
    from shares

)

select *
from compared
where share > share_before + {{ by }}
{% endtest %}
