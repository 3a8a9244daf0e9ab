"""The input of `dbt snapshot` and dlt: the distinct memberships that a day's landing file shows."""

MEMBERSHIPS = """
with answers as (
    from read_json(
        'ANSWERS', format = 'newline_delimited',
        columns = {endpoint: 'varchar', asked: 'json', body: 'json'}
    )
),
entries as (
    select asked ->> 'playlist_id' as playlist_id, unnest(from_json(body -> 'tracks' -> 'items', '["json"]')) as entry
    from answers
    where endpoint = 'playlists'
)
select distinct playlist_id, entry -> 'track' ->> 'id' as track_id from entries
where entry -> 'track' ->> 'id' is not null
"""
