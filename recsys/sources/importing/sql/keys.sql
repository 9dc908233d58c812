-- the thing that a rated item's text means
create table keys as
select original_id as item_key, item_id, kind
from entities
qualify
    row_number() over (
        partition by original_id order by is_key desc, list_position(['album', 'artist', 'genre'], kind)
    ) = 1
