-- the high ratings of tracks, numbered from 0
create table likes as
with

rated as (
    select user_id, item_id, rating, seq from read_parquet($path)
),

tracks as (
    select item_id from things where kind = 'track'
)

select rated.user_id, rated.item_id as track_id, row_number() over (order by rated.seq) - 1 as place
from rated
semi join tracks on rated.item_id = tracks.item_id
where rated.rating >= $liked
