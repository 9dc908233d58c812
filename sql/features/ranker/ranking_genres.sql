-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: ratings and means 0..100; genre_track_count is the number of the user's ratings of tracks of these
--   genres
-- nulls: genre_rating_*, genre_track_mean_max where the user has no such rating
-- formula: the user's ratings of the track's genres, and of other tracks of these genres (group HL of Xie et
--   al., KDD Cup 2011)
with

candidates as (
    select user_id, track_id, genre_count from {{ ref('features.candidates') }}
),

genre_values as (
    select user_id, track_id, genre_id, direct from {{ ref('features.genre_values') }}
),

genre_tracks as (
    select user_id, genre_id, track_count, track_mean from {{ ref('features.genre_tracks') }}
),

gathered as (
    select
        genre_values.user_id,
        genre_values.track_id,
        count(genre_values.direct) as genre_rated,
        max(genre_values.direct) as genre_rating_max,
        min(genre_values.direct) as genre_rating_min,
        sum(genre_values.direct) / count(genre_values.direct) as genre_rating_mean,
        sum(genre_tracks.track_count) as genre_track_count,
        max(genre_tracks.track_mean) as genre_track_mean_max
    from genre_values
    left join genre_tracks
        on genre_values.user_id = genre_tracks.user_id and genre_values.genre_id = genre_tracks.genre_id
    group by genre_values.user_id, genre_values.track_id
),

final as (
    select
        candidates.user_id,
        candidates.track_id,
        candidates.genre_count,
        coalesce(gathered.genre_rated, 0) as genre_rated,
        gathered.genre_rating_max,
        gathered.genre_rating_min,
        gathered.genre_rating_mean,
        coalesce(gathered.genre_track_count, 0)::bigint as genre_track_count,
        gathered.genre_track_mean_max
    from candidates
    left join gathered
        on candidates.user_id = gathered.user_id and candidates.track_id = gathered.track_id
)

select * from final
