-- the row, counted from 0, that rates an item a second time for the user
select place from coded where user_id = $user_id and item_id = $item_id order by place limit 1 offset 1
