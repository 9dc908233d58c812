-- ratings with integer ids, user by user in the order in which they were given: that of the row's number
create table coded as
with

user_ids as (
    select user_keys.key, users.user_id
    from user_keys
    inner join users on user_keys.original_id = users.original_id
),

item_ids as (
    select item_keys.key, keys.item_id
    from item_keys
    inner join keys on item_keys.original_id = keys.item_key
)

select
    user_ids.user_id,
    item_ids.item_id,
    events.value,
    {{ 'round(events.time * $unit)::bigint' if is_number else 'events.time' }} as time,
    events.rowid as place
from events
inner join user_ids on events.user_key = user_ids.key
inner join item_ids on events.item_key = item_ids.key
order by user_ids.user_id, events.time, events.rowid
