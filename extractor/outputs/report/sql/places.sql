select places
from versions
where places is not null
order by playlist, first
