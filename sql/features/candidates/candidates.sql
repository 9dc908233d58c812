-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: scores, means and priors on the scale 0..100; genre_var its square
-- nulls: album_id, artist_id where the track has none; *_direct, sibling_mean where the user has no such
--   rating
-- formula: each level takes the first value in its fallback chain: the user's own rating, the mean of the
--   user's ratings of sibling tracks (album only), the item's prior, the overall mean M
{% set album_chain = [
    ('direct', 'album_direct'), ('sibling', 'sibling_mean'), ('prior', 'album_bayes'), ('global', 'overall_mean'),
] %}
{% set artist_chain = [
    ('direct', 'artist_direct'), ('prior', 'artist_bayes'), ('global', 'overall_mean'),
] %}
with

levels as (
    select
        user_id, track_id, album_id, artist_id, overall_mean, album_direct, artist_direct, sibling_mean,
        sibling_count, album_raw, album_bayes, artist_raw, artist_bayes, track_bayes
    from {{ ref('features.candidate_levels') }}
),

genres as (
    select
        user_id, track_id, genre_count, genre_rated, genre_direct, genre_max, genre_min, genre_mean,
        genre_var, genre_max_flat, genre_mean_flat
    from {{ ref('features.genre_averages') }}
),

final as (
    select
        levels.user_id,
        levels.track_id,
        levels.album_id,
        levels.artist_id,
        levels.album_direct,
        levels.artist_direct,
        levels.sibling_mean,
        levels.sibling_count,
        {{ fallback_columns('album', album_chain) }},
        {{ fallback_columns('artist', artist_chain) }},
        coalesce(genres.genre_count, 0) as genre_count,
        coalesce(genres.genre_rated, 0) as genre_rated,
        genres.genre_direct,
        coalesce(genres.genre_max, levels.overall_mean) as genre_max,
        coalesce(genres.genre_min, levels.overall_mean) as genre_min,
        coalesce(genres.genre_mean, levels.overall_mean) as genre_mean,
        coalesce(genres.genre_var, 0) as genre_var,
        coalesce(levels.album_direct, levels.album_raw, levels.overall_mean) as album_score_flat,
        coalesce(levels.artist_direct, levels.artist_raw, levels.overall_mean) as artist_score_flat,
        coalesce(genres.genre_max_flat, levels.overall_mean) as genre_max_flat,
        coalesce(genres.genre_mean_flat, levels.overall_mean) as genre_mean_flat,
        coalesce(levels.track_bayes, levels.overall_mean) as track_prior
    from levels
    left join genres on levels.user_id = genres.user_id and levels.track_id = genres.track_id
)

select * from final
