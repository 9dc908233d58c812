-- grain: one rating or prior of a track, its album, a sibling track, its artist or one of its genres
-- arguments: the_user, the_track
-- units: value and rating_mean on the owner's scale, rating is the value on the scale 0..100; rating_count is
--   the number of ratings behind the value; shrinkage is the overall mean's share in a prior, 0..1
-- nulls: item_id of the overall mean in place of a missing album, artist or genre; shrinkage of a rating
-- formula: shrinkage = C / (N + C)
with

features as (
    select track_id, album_id, artist_id from {{ ref('internal.pair_features') }}(the_user, the_track)
),

track_genres as (
    select track_id, genre_id from {{ ref('hierarchy.track_genres') }}
),

priors as (
    select item_id, rating_count, rating_mean, bayes_mean from {{ ref('priors.items') }}
),

overall as (
    select rating_count, rating_mean from {{ ref('priors.overall') }}
),

items as (
    select 'track' as level, track_id as item_id from features
    union all
    select 'album' as level, album_id as item_id from features
    union all
    select 'artist' as level, artist_id as item_id from features
    union all
    select 'genre' as level, track_genres.genre_id as item_id
    from features
    left join track_genres on features.track_id = track_genres.track_id
),

history as (
    select item_id, value from {{ ref('internal.user_ratings') }}(the_user)
),

own as (
    select
        case when nearby.level = 'sibling' then 'album' else nearby.level end as level,
        case when nearby.level = 'sibling' then 'sibling' else 'direct' end as source,
        nearby.item_id,
        history.value,
        nearby.rating::double as rating,
        1 as rating_count,
        history.value as rating_mean,
        null::double as shrinkage
    from {{ ref('internal.nearby_ratings') }}(the_user, the_track) as nearby
    inner join history on nearby.item_id = history.item_id
),

of_all_users as (
    select
        items.level,
        case when priors.item_id is null then 'global' else 'prior' end as source,
        items.item_id,
        {{ on_owner_scale('coalesce(priors.bayes_mean, overall.rating_mean)') }} as value,
        coalesce(priors.bayes_mean, overall.rating_mean) as rating,
        coalesce(priors.rating_count, overall.rating_count) as rating_count,
        {{ on_owner_scale('coalesce(priors.rating_mean, overall.rating_mean)') }} as rating_mean,
        {{ var('bayes.confidence') }} / (coalesce(priors.rating_count, 0) + {{ var('bayes.confidence') }})
            as shrinkage
    from items
    left join priors on items.item_id = priors.item_id
    cross join overall
),

final as (
    select level, source, item_id, value, rating, rating_count, rating_mean, shrinkage from own
    union all
    select level, source, item_id, value, rating, rating_count, rating_mean, shrinkage from of_all_users
)

select * from final
