select unnest(entered) as track
from (from versions order by playlist, first)
