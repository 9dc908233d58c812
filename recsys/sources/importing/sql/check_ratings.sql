-- how many ratings there are, from where to where, and the first row, counted from 0, that cannot be one
select
    count(*) as rating_count,
    min(rating) as lowest,
    max(rating) as highest,
    min(rowid) filter (where user_key is null) as without_user,
    min(rowid) filter (where item_key is null) as without_item,
    min(rowid) filter (where rating is null or not isfinite(rating)) as without_rating,
    min(rowid) filter (where time is null) as without_time,
    min(rowid) filter (where rating < $lowest or rating > $highest) as outside
from events
