-- grain: a user, and one of the best tracks of an album, artist or genre that the user likes
-- key: user_id, track_id
-- units: value is the best of these ratings, 0..100
-- nulls: none
-- formula: an album that the user did not rate is worth the mean of the user's ratings of its tracks
with

ratings as (
    select user_id, item_id, rating from {{ ref('retrieval.ratings') }}
),

lineage as (
    select track_id, album_id from {{ ref('hierarchy.track_lineage') }}
),

level_tracks as (
    select item_id, track_id, place from {{ ref('features.level_tracks') }}
),

request as (
    select includes_rated from {{ ref('retrieval.request') }}
),

album_values as (
    select ratings.user_id, lineage.album_id as item_id, sum(ratings.rating) / count(*) as value
    from ratings
    inner join lineage on ratings.item_id = lineage.track_id
    where lineage.album_id is not null
    group by ratings.user_id, lineage.album_id
),

liked as (
    select user_id, item_id, cast(rating as double) as value from ratings
    union all
    select album_values.user_id, album_values.item_id, album_values.value
    from album_values
    left join ratings on album_values.user_id = ratings.user_id and album_values.item_id = ratings.item_id
    where ratings.item_id is null
),

members as (
    select liked.user_id, level_tracks.track_id, max(liked.value) as value, min(level_tracks.place) as place
    from liked
    inner join level_tracks on liked.item_id = level_tracks.item_id
    group by liked.user_id, level_tracks.track_id
),

final as (
    select members.user_id, members.track_id, members.value
    from members
    left join ratings on members.user_id = ratings.user_id and members.track_id = ratings.item_id
    cross join request
    where ratings.item_id is null or request.includes_rated
    qualify
        row_number() over (
            partition by members.user_id order by members.value desc, members.place, members.track_id
        ) <= {{ var('recommend.level_tracks') }}
)

select * from final
