-- the numbers of pairs and of users in the ratings of some files
select count(distinct (user_id, item_id)) as pair_count, count(distinct user_id) as user_count
from read_parquet($paths)
