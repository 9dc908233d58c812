-- lists: attributes
-- summary: Items that share groups, such as genres, with those in the user's history; it finds items that no
--   user has chosen yet.
-- grain: an attribute of an item: its artist, album or one of its genres
-- key: item_id, attribute_id
-- units: the squares of an item's weights sum to 1, up to rounding; the score of an item is the sum of its
--   cosines with the items of a history, each times the strength of the interaction
-- nulls: none
-- incremental: by item_id from whole inputs
-- formula: weight = v / sqrt(sum of v^2), v = ln(1 + items / items with the attribute), as in Lops et al.,
--   Recommender Systems Handbook, 2011. It scores items that no user has chosen
with

lineage as (
    select track_id, album_id, artist_id from {{ ref('hierarchy.track_lineage') }}
),

items as (
    select track_id as item_id from lineage
),

memberships as (
    select track_id as item_id, artist_id as attribute_id from lineage where artist_id is not null
    union
    select track_id as item_id, album_id as attribute_id from lineage where album_id is not null
    union
    select track_id as item_id, genre_id as attribute_id from {{ ref('hierarchy.track_genres') }}
),

known as (
    select memberships.item_id, memberships.attribute_id
    from memberships
    semi join items on memberships.item_id = items.item_id
),

overall as (
    select count(*) as item_count from items
),

sizes as (
    select attribute_id, count(*) as item_count from known group by attribute_id
),

rarities as (
    select
        known.item_id,
        known.attribute_id,
        ln(1 + overall.item_count / cast(sizes.item_count as double)) as rarity
    from known
    inner join sizes on known.attribute_id = sizes.attribute_id
    cross join overall
),

lengths as (
    select item_id, sqrt(sum({{ trillionths('rarity * rarity') }}) / 1e12) as length
    from rarities
    group by item_id
),

final as (
    select rarities.item_id, rarities.attribute_id, rarities.rarity / lengths.length as weight
    from rarities
    inner join lengths on rarities.item_id = lengths.item_id
)

select * from final order by item_id, attribute_id
