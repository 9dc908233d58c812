-- ratings on the scale 0..100, user by user in the order in which they were given: that of the row's number
create table rated as
select
    users.user_id,
    keys.item_id,
    (case
        when $highest > $lowest then round(100 * (events.rating - $lowest) / ($highest - $lowest))
        else 100
    end)::smallint as rating
from events
inner join users on events.user_key = users.user_key
inner join keys on events.item_key = keys.item_key
order by users.user_id, events.time, events.rowid
