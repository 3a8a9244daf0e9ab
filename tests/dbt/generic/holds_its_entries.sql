{# A complete read has as many entries in raw as it counted. Without them its tracks would seem to have left. #}
{% test holds_its_entries(model, contents) %}
select
    reads.playlist_id,
    reads.run_id,
    reads.entries,
    contents.entries as entries_in_raw
from {{ contents }} as contents
inner join {{ model }} as reads
    on
        contents.playlist_id = reads.playlist_id
        and contents.run_id = reads.run_id
        and contents.attempt = reads.attempt
where contents.entries <> reads.entries
{% endtest %}
