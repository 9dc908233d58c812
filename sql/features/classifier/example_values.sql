-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: is_* are 0 or 1; levels, priors and scores on the scale 0..100
-- nulls: none
-- materialized: view
with

candidates as (
    select
        user_id, track_id, album_direct, artist_direct, sibling_mean, sibling_count, album_score,
        artist_score, genre_count, genre_rated, genre_max, genre_min, genre_mean, genre_var, track_prior
    from {{ ref('features.candidates') }}
),

artist_siblings as (
    select user_id, track_id, artist_sibling_count, artist_sibling_liked
    from {{ ref('features.artist_siblings') }}
),

counts as (
    select user_id, track_id, track_log_count, album_log_count, artist_log_count, user_log_count
    from {{ ref('features.candidate_counts') }}
),

deviations as (
    select
        user_id, track_id, album_deviation, artist_deviation, genre_deviation, sibling_deviation,
        artist_sibling_deviation, user_mean, user_spread
    from {{ ref('features.candidate_deviations') }}
),

final as (
    select
        candidates.user_id,
        candidates.track_id,
        (candidates.album_direct is not null)::integer as is_album_rated,
        (candidates.artist_direct is not null)::integer as is_artist_rated,
        (candidates.genre_rated > 0)::integer as is_genre_rated,
        (candidates.sibling_mean is not null)::integer as is_sibling_rated,
        candidates.album_score,
        candidates.artist_score,
        candidates.genre_max,
        candidates.genre_min,
        candidates.genre_mean,
        candidates.genre_var,
        candidates.genre_count,
        candidates.genre_rated,
        ln(1 + candidates.sibling_count) as sibling_log_count,
        ln(1 + coalesce(artist_siblings.artist_sibling_count, 0)) as artist_sibling_log_count,
        ln(1 + coalesce(artist_siblings.artist_sibling_liked, 0)) as artist_sibling_log_liked,
        deviations.album_deviation,
        deviations.artist_deviation,
        deviations.genre_deviation,
        deviations.sibling_deviation,
        deviations.artist_sibling_deviation,
        deviations.user_mean,
        deviations.user_spread,
        counts.user_log_count,
        counts.track_log_count,
        counts.album_log_count,
        counts.artist_log_count,
        candidates.track_prior
    from candidates
    inner join counts on candidates.user_id = counts.user_id and candidates.track_id = counts.track_id
    inner join deviations
        on candidates.user_id = deviations.user_id and candidates.track_id = deviations.track_id
    left join artist_siblings
        on candidates.user_id = artist_siblings.user_id and candidates.track_id = artist_siblings.track_id
)

select * from final
