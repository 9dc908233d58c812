-- the row, counted from 0, that rates an item a second time for the user
select events.rowid as place
from events
inner join users on events.user_key = users.user_key
inner join keys on events.item_key = keys.item_key
where users.user_id = $user_id and keys.item_id = $item_id
order by place
limit 1 offset 1
