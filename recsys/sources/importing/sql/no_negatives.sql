create table negatives (user_id integer, track_id integer)
