-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: scores, means and priors on the scale 0..100; genre_var its square
-- nulls: album_id, artist_id that the track lacks; *_direct and sibling_mean where the user rated nothing
-- formula: each level is the first rung of its chain that has a value: the user's own rating, the mean of the
--   user's ratings of sibling tracks (album only), the item's prior, the overall mean M
{% set album_chain = [
    ('direct', 'album_direct'), ('sibling', 'sibling_mean'), ('prior', 'album_bayes'), ('global', 'overall_mean'),
] %}
{% set artist_chain = [
    ('direct', 'artist_direct'), ('prior', 'artist_bayes'), ('global', 'overall_mean'),
] %}
with

candidates as (
    select user_id, track_id from {{ ref('staging.candidates') }}
),

lineage as (
    select track_id, album_id, artist_id from {{ ref('hierarchy.track_lineage') }}
),

direct as (
    select user_id, track_id, album_direct, artist_direct from {{ ref('features.level_ratings') }}
),

siblings as (
    select user_id, track_id, sibling_count, sibling_mean from {{ ref('features.sibling_averages') }}
),

genres as (
    select
        user_id, track_id, genre_count, genre_rated, genre_direct, genre_max, genre_min, genre_mean,
        genre_var, genre_max_flat, genre_mean_flat
    from {{ ref('features.genre_averages') }}
),

priors as (
    select item_id, rating_mean, bayes_mean from {{ ref('priors.items') }}
),

overall as (
    select rating_mean as overall_mean from {{ ref('priors.overall') }}
),

placed as (
    select candidates.user_id, candidates.track_id, lineage.album_id, lineage.artist_id, overall.overall_mean
    from candidates
    left join lineage on candidates.track_id = lineage.track_id
    cross join overall
),

gathered as (
    select
        placed.*,
        direct.album_direct,
        direct.artist_direct,
        siblings.sibling_mean,
        coalesce(siblings.sibling_count, 0) as sibling_count,
        albums.rating_mean as album_raw,
        albums.bayes_mean as album_bayes,
        artists.rating_mean as artist_raw,
        artists.bayes_mean as artist_bayes,
        tracks.bayes_mean as track_bayes
    from placed
    left join direct on placed.user_id = direct.user_id and placed.track_id = direct.track_id
    left join siblings on placed.user_id = siblings.user_id and placed.track_id = siblings.track_id
    left join priors as albums on placed.album_id = albums.item_id
    left join priors as artists on placed.artist_id = artists.item_id
    left join priors as tracks on placed.track_id = tracks.item_id
),

final as (
    select
        gathered.user_id,
        gathered.track_id,
        gathered.album_id,
        gathered.artist_id,
        gathered.album_direct,
        gathered.artist_direct,
        gathered.sibling_mean,
        gathered.sibling_count,
        {{ first_of('album', album_chain) }},
        {{ first_of('artist', artist_chain) }},
        coalesce(genres.genre_count, 0) as genre_count,
        coalesce(genres.genre_rated, 0) as genre_rated,
        genres.genre_direct,
        coalesce(genres.genre_max, gathered.overall_mean) as genre_max,
        coalesce(genres.genre_min, gathered.overall_mean) as genre_min,
        coalesce(genres.genre_mean, gathered.overall_mean) as genre_mean,
        coalesce(genres.genre_var, 0) as genre_var,
        coalesce(gathered.album_direct, gathered.album_raw, gathered.overall_mean) as album_score_flat,
        coalesce(gathered.artist_direct, gathered.artist_raw, gathered.overall_mean) as artist_score_flat,
        coalesce(genres.genre_max_flat, gathered.overall_mean) as genre_max_flat,
        coalesce(genres.genre_mean_flat, gathered.overall_mean) as genre_mean_flat,
        coalesce(gathered.track_bayes, gathered.overall_mean) as track_prior
    from gathered
    left join genres on gathered.user_id = genres.user_id and gathered.track_id = genres.track_id
)

select * from final
