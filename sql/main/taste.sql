-- grain: an artist or a genre of which the user rated something
-- arguments: the_user
-- units: level is 'artist' or 'genre'; rated_count counts the user's ratings of it, of its albums and of its
--   tracks; rating_mean is their mean, own_rating that of the thing itself, both 0..100
-- nulls: own_rating of what the user did not rate itself
with

history as (
    select item_id, rating from {{ ref('main.history_of') }}(the_user)
),

items as (
    select item_id, item_type from {{ ref('hierarchy.items') }} where item_type in ('artist', 'genre')
),

above as (
    select track_id as item_id, artist_id as level_id from {{ ref('hierarchy.track_lineage') }}
    union all
    select album_id as item_id, artist_id as level_id from {{ ref('staging.albums') }}
    union all
    select track_id as item_id, genre_id as level_id from {{ ref('hierarchy.track_genres') }}
    union all
    select album_id as item_id, genre_id as level_id from {{ ref('staging.album_genres') }}
    union all
    select item_id, item_id as level_id from items
),

counted as (
    select
        above.level_id as item_id,
        count(*) as rated_count,
        sum(history.rating) / count(*) as rating_mean,
        max(case when above.item_id = above.level_id then history.rating end) as own_rating
    from history
    inner join above on history.item_id = above.item_id
    group by above.level_id
),

final as (
    select
        items.item_type as level, counted.item_id, counted.rated_count, counted.rating_mean,
        counted.own_rating
    from counted
    inner join items on counted.item_id = items.item_id
)

select * from final order by level, rated_count desc, rating_mean desc, item_id
