{# Where many machines build in one database, a build holds a lock for as long as it runs. dbt checks before each model and
   before it writes that a build has passed that the lock is still held: if its connection was lost, another build may have
   begun, and this one ends. A dbt run by hand has no lock. #}

{% macro check_lock() -%}{{ return(adapter.dispatch('check_lock', 'spotify')()) }}{%- endmacro %}

{% macro default__check_lock() -%}{%- endmacro %}

{% macro postgres__check_lock() -%}select staging.check_lock(){%- endmacro %}

{% macro postgres__create_check_lock() -%}
    create or replace function staging.check_lock() returns void
    language plpgsql as $$
    declare
        lock_pid constant integer := current_setting('spotify.lock_pid', true);
    begin
        if lock_pid is not null and not exists (
            select from pg_locks inner join pg_database on pg_locks.database = pg_database.oid
            where pg_locks.pid = lock_pid and locktype = 'advisory' and granted and datname = current_database()
        ) then
            raise exception 'this build has lost its lock, as the connection that held it was closed';
        end if;
    end
    $$
{%- endmacro %}
