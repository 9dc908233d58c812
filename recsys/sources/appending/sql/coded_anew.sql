-- the rows of the file with integer ids, user by user in the order in which they were given
create table coded as
with

all_users as (
    select original_id, user_id from known_users
    union all
    select original_id, user_id from new_users
),

all_items as (
    select original_id, item_id from known_items where is_meant
    union all
    select original_id, item_id from new_items
    anti join known_items as known on new_items.original_id = known.original_id
    qualify
        row_number() over (
            partition by original_id order by is_key desc, list_position(['album', 'artist', 'genre'], kind)
        ) = 1
),

user_ids as (
    select user_keys.key, all_users.user_id
    from user_keys
    inner join all_users on user_keys.original_id = all_users.original_id
),

item_ids as (
    select item_keys.key, all_items.item_id
    from item_keys
    inner join all_items on item_keys.original_id = all_items.original_id
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
