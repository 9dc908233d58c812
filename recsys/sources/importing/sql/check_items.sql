-- how many items are listed, and the first row, counted from 0, that cannot be one
with

placed as (
    select
        rowid as place,
        item_key,
        kind,
        row_number() over (partition by item_key order by rowid) as turn
    from listed
)

select
    count(*) as item_count,
    min(place) filter (where item_key is null) as without_item,
    min(place) filter (where kind not in ('track', 'album', 'artist', 'genre')) as of_no_kind,
    min(place) filter (where turn > 1 and item_key is not null) as repeated
from placed
