-- the users of the data directory
create table known_users as select user_id, original_id from read_parquet($path)
