-- grain: one candidate with the ratings and means of each level, without fallbacks
-- key: user_id, track_id
-- rows: staging.candidates
-- units: direct ratings, means and priors on the scale 0..100
-- nulls: album_id, artist_id where the track has none; *_direct, sibling_mean where the user has no such
--   rating; *_raw, *_bayes where no user has
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

final as (
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
)

select * from final
