-- every user, in the data directory or new
create view users as
select original_id, user_id from known_users
union all
select original_id, user_id from new_users
