-- the users who have their negatives after a turn of draws
delete from users_to_hold_out where user_id in (select user_id from negatives)
