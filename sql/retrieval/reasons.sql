-- grain: one of the user's best tracks, and the rating that speaks most for it
-- key: user_id, track_id
-- units: kind is 'neighbour' (an item that goes with the track), 'album', 'artist' or 'genre'; item_id is
--   what was rated, rating how
-- nulls: none
-- formula: what goes with the track first, by the largest part in its affinity, then its album, its artist
--   and its genres; a model that knows levels alone is explained by levels first
with

best as (
    select user_id, track_id from {{ ref('retrieval.best') }}
),

ratings as (
    select user_id, item_id, rating from {{ ref('retrieval.ratings') }}
),

heard as (
    select user_id, item_id, rating, strength from {{ ref('retrieval.strengths') }}
),

neighbours as (
    select
        heard.user_id, weights.item_i as track_id, heard.item_id, heard.rating,
        heard.strength * weights.weight as part
    from heard
    inner join {{ ref('features.retrieval_weights') }} as weights on heard.item_id = weights.item_j
    where weights.weight > 0 and weights.item_i in (select track_id from best)
),

lineage as (
    select track_id, album_id, artist_id
    from {{ ref('hierarchy.track_lineage') }}
    where track_id in (select track_id from best)
),

track_genres as (
    select track_id, genre_id
    from {{ ref('hierarchy.track_genres') }}
    where track_id in (select track_id from best)
),

request as (
    select is_by_levels from {{ ref('retrieval.request') }}
),

levels as (
    select track_id, 'album' as kind, 1 as place, album_id as item_id from lineage
    union all
    select track_id, 'artist' as kind, 2 as place, artist_id as item_id from lineage
    union all
    select track_id, 'genre' as kind, 3 as place, genre_id as item_id from track_genres
),

evidence as (
    select
        best.user_id, best.track_id, levels.kind, levels.place, levels.item_id, ratings.rating,
        cast(ratings.rating as double) as part
    from best
    inner join levels on best.track_id = levels.track_id
    inner join ratings on best.user_id = ratings.user_id and levels.item_id = ratings.item_id
    union all
    select
        best.user_id, best.track_id, 'neighbour' as kind,
        case when request.is_by_levels then 4 else 0 end as place, neighbours.item_id, neighbours.rating,
        neighbours.part
    from best
    inner join neighbours on best.user_id = neighbours.user_id and best.track_id = neighbours.track_id
    cross join request
),

final as (
    select user_id, track_id, kind, item_id, rating
    from evidence
    qualify row_number() over (partition by user_id, track_id order by place, part desc, item_id) = 1
)

select * from final
