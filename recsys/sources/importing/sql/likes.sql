-- the high ratings of tracks, in the order of ratings: a like's place is its row's number
create table likes as
select rated.user_id, rated.item_id as track_id
from rated
semi join things on things.kind = 'track' and rated.item_id = things.item_id
where rated.rating >= $liked
order by rated.rowid
