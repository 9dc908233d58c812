-- grain: an item and one group it belongs to (album, artist, genre), or the item itself
-- key: item_id, level, group_id
-- units: level is the relation of the group to the item: 'album', 'artist', 'genre' or 'itself'; group_type
--   is the group's own type, 'track', 'album', 'artist' or 'genre'
-- nulls: group_type of an item that no file lists
-- incremental: by item_id from whole inputs
-- formula: tracks by track_lineage and track_genres (after the fill), albums by the album file
with

lineage as (
    select track_id, album_id, artist_id from {{ ref('hierarchy.track_lineage') }}
),

albums as (
    select album_id, artist_id from {{ ref('staging.albums') }}
),

items as (
    select item_id, item_type from {{ ref('hierarchy.items') }}
),

grouped as (
    select track_id as item_id, 'album' as level, album_id as group_id from lineage
    union all
    select track_id as item_id, 'artist' as level, artist_id as group_id from lineage
    union all
    select track_id as item_id, 'genre' as level, genre_id as group_id
    from {{ ref('hierarchy.track_genres') }}
    union all
    select album_id as item_id, 'artist' as level, artist_id as group_id from albums
    union all
    select album_id as item_id, 'genre' as level, genre_id as group_id
    from {{ ref('staging.album_genres') }}
    union all
    select item_id, 'itself' as level, item_id as group_id from items
),

final as (
    select grouped.item_id, grouped.level, grouped.group_id, items.item_type as group_type
    from grouped
    left join items on grouped.group_id = items.item_id
    where grouped.group_id is not null
)

select * from final order by item_id, level, group_id
