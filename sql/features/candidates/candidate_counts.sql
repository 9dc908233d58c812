-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: ln(1 + number of ratings)
-- nulls: none
with

candidates as (
    select user_id, track_id, album_id, artist_id from {{ ref('features.candidates') }}
),

priors as (
    select item_id, rating_count from {{ ref('priors.items') }}
),

users as (
    select user_id, rating_count from {{ ref('features.user_statistics') }}
),

final as (
    select
        candidates.user_id,
        candidates.track_id,
        ln(1 + coalesce(tracks.rating_count, 0)) as track_log_count,
        ln(1 + coalesce(albums.rating_count, 0)) as album_log_count,
        ln(1 + coalesce(artists.rating_count, 0)) as artist_log_count,
        ln(1 + coalesce(users.rating_count, 0)) as user_log_count
    from candidates
    left join priors as tracks on candidates.track_id = tracks.item_id
    left join priors as albums on candidates.album_id = albums.item_id
    left join priors as artists on candidates.artist_id = artists.item_id
    left join users on candidates.user_id = users.user_id
)

select * from final
