-- how many different users and items the ratings of some files have
select count(distinct (user_id, item_id)) as pair_count, count(distinct user_id) as user_count
from read_parquet($paths)
