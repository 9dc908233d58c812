-- grain: a user with candidates and a genre of the tracks that the user rated
-- key: user_id, genre_id
-- units: track_mean on the scale 0..100
-- nulls: none
with

candidates as (
    select user_id from {{ ref('staging.candidates') }}
),

ratings as (
    select user_id, item_id, rating from {{ ref('staging.ratings') }}
),

track_genres as (
    select track_id, genre_id from {{ ref('hierarchy.track_genres') }}
),

rated as (
    select ratings.user_id, track_genres.genre_id, ratings.rating
    from ratings
    inner join track_genres on ratings.item_id = track_genres.track_id
    semi join candidates on ratings.user_id = candidates.user_id
),

final as (
    select user_id, genre_id, count(*) as track_count, sum(rating) / count(*) as track_mean
    from rated
    group by user_id, genre_id
)

select * from final
