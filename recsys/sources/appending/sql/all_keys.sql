-- the item that a text means: one in the data directory, else a new one
create view keys as
select original_id as item_key, item_id from known_items where is_meant
union all
select new_items.original_id as item_key, new_items.item_id
from new_items
anti join known_items as known on new_items.original_id = known.original_id
qualify
    row_number() over (
        partition by new_items.original_id
        order by new_items.is_key desc, list_position(['album', 'artist', 'genre'], new_items.kind)
    ) = 1
