{# On a database shared by many machines, a build holds a lock while it runs. dbt checks that the lock is still held
   before each model and before it records that a build passed: if its connection was lost, another build may have
   started, and this one fails. A dbt started by hand has no lock. #}

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
            raise exception 'this build has lost its lock: the connection that held it was closed';
        end if;
    end
    $$
{%- endmacro %}
