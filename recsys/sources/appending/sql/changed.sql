-- the rows that the data directory gets: those of the file, and all others of users whose order changes
{% from 'existing_rows.sql' import existing_rows with context -%}
create table changed as
with

moved as (
    {% if has_time -%}
    select
        existing.user_id, existing.item_id, existing.value, existing.time, existing.seq as place,
        existing.added, existing.added_at
    from {{ existing_rows('late_users', ['user_id']) }} as existing
    anti join (select user_id, item_id from joined where not is_unchanged) as joined
        on existing.user_id = joined.user_id and existing.item_id = joined.item_id
    union all
    {% endif -%}
    select user_id, item_id, value, time, place, $generation::bigint as added, $now::timestamp as added_at
    from joined
    where not is_unchanged
)

select
    user_id,
    item_id,
    value,
    {{ 'time' if has_time else 'null::bigint' }} as time,
    $last_seq + row_number() over (order by user_id, {{ 'time,' if has_time }} place) as seq,
    added,
    added_at
from moved
