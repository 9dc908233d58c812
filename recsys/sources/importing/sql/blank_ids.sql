-- the first row, counted from 0, whose user or item is nothing but blanks
select
    (select min(rowid) from events semi join user_keys on user_key = key and original_id = '') as without_user,
    (select min(rowid) from events semi join item_keys on item_key = key and original_id = '') as without_item
