-- the likes of tracks, in the order of ratings: a like's place is its row's number
create table likes as
select coded.user_id, coded.item_id as track_id
from coded
semi join entities on entities.kind = 'track' and coded.item_id = entities.item_id
{{ 'where coded.value >= $liked' if liked is not none else '' }}
order by coded.rowid
