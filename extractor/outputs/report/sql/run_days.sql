-- The days on which runs that request answers took place.
select distinct date - $first_day as day
from runs
where kind = 'read' and date >= $first_day
order by day
