-- the items of the data directory
create table known_items as
select
    item_id,
    original_id,
    kind,
    row_number() over (
        partition by original_id order by list_position(['track', 'album', 'artist', 'genre'], kind)
    ) = 1 as is_meant
from read_parquet($path)
