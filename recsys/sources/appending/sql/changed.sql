-- the rows that the data directory gets: those of the file, and all others of users whose order changes
{% from 'rows_that_are_there.sql' import there with context -%}
create table changed as
with

moved as (
    {% if has_time -%}
    select there.user_id, there.item_id, there.value, there.time, there.seq as place, there.added, there.added_at
    from {{ there('late_users', ['user_id']) }} as there
    anti join (select user_id, item_id from joined where not is_unchanged) as joined
        on there.user_id = joined.user_id and there.item_id = joined.item_id
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
