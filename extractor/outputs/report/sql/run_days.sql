-- The days on which runs took place.
select distinct date - $first_day as day
from runs
where date >= $first_day
order by day
