create table unliked (user_id integer, track_id integer)
