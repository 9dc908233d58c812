select user_id, item_id from coded
