select unnest(flatten(list(entered order by playlist, first))) as track
from versions
