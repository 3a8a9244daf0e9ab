-- Ends the query with a message, as DuckDB's function of this name.
create or replace function spotify.error(message text) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    raise exception '%', message;
end
$$;
