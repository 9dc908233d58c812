-- the ratings without the test items that were found
delete from coded using held_out
where coded.user_id = held_out.user_id and coded.item_id = held_out.item_id
