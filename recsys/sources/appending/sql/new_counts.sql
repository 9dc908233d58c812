select (select count(*) from new_users) as new_users, (select count(*) from new_items) as new_items
