select
    (select count(*) from new_users) as new_users,
    count(*) as entities,
    count(*) filter (where kind = 'track') as new_items,
    count(*) filter (where kind = 'track') as tracks,
    count(*) filter (where kind = 'album') as albums,
    count(*) filter (where kind = 'artist') as artists,
    count(*) filter (where kind = 'genre') as genres,
    (
        select count(*)
        from listed
        semi join known_items as known on listed.kind = known.kind and listed.item_key = known.original_id
    ) as known_items
from new_items
