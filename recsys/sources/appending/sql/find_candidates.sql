-- test items of their users, which --holdout took out of the ratings: they must not come back
create table held_out as
select coded.user_id, coded.item_id
from coded
semi join read_parquet($path) as candidates
    on coded.user_id = candidates.user_id and coded.item_id = candidates.track_id
