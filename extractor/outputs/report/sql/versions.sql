select
    playlist,
    first,
    lasted,
    coalesce(len(places), 0) as entries
from versions
order by playlist, first
