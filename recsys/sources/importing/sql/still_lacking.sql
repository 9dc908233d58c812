-- after a turn of draws
delete from lacking where user_id in (select user_id from negatives)
