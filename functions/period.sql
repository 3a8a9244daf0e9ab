-- The days from start_date to end_date, as one row. An error if they are reversed.
create function period(start_date date, end_date date)
returns table (first_day date, last_day date)
as
select
    cast(start_date as date) as first_day,
    case
        when cast(end_date as date) < cast(start_date as date)
            then cast(error('the period ends on ' || end_date || ', before it begins on ' || start_date) as date)
        else cast(end_date as date)
    end as last_day;
