-- the number of ratings, and the first row, counted from 0, that fails each check
select
    count(*) as rating_count,
    min(rowid) filter (where user_key is null) as without_user,
    min(rowid) filter (where item_key is null) as without_item,
    min(rowid) filter (where value is null or not isfinite(value)) as without_rating,
    min(rowid) filter (
        where time is null {{ 'or not isfinite(time) or abs(time) >= $limit' if is_number else '' }}
    ) as without_time,
    max(abs(time)) as latest
from events
