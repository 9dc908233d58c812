-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: *_score on the scale 0..100, not clipped to it; *_source is 'als', 'prior' or 'global'
-- nulls: none; a level without an item is M, 'global'
with

candidates as (
    select user_id, track_id from {{ ref('staging.candidates') }}
),

levels as (
    select user_id, track_id, level, als_score, als_source from {{ ref('features.als_levels') }}
),

overall as (
    select rating_mean as overall_mean from {{ ref('priors.overall') }}
),

pivoted as (
    select
        user_id,
        track_id,
        max(als_score) filter (where level = 'track') as track_score,
        max(als_source) filter (where level = 'track') as track_source,
        max(als_score) filter (where level = 'album') as album_score,
        max(als_source) filter (where level = 'album') as album_source,
        max(als_score) filter (where level = 'artist') as artist_score,
        max(als_source) filter (where level = 'artist') as artist_source,
        max(als_score) filter (where level = 'genre') as genre_score,
        max(als_source) filter (where level = 'genre') as genre_source
    from levels
    group by user_id, track_id
),

final as (
    select
        candidates.user_id,
        candidates.track_id,
        coalesce(pivoted.track_score, overall.overall_mean) as track_score,
        coalesce(pivoted.track_source, 'global') as track_source,
        coalesce(pivoted.album_score, overall.overall_mean) as album_score,
        coalesce(pivoted.album_source, 'global') as album_source,
        coalesce(pivoted.artist_score, overall.overall_mean) as artist_score,
        coalesce(pivoted.artist_source, 'global') as artist_source,
        coalesce(pivoted.genre_score, overall.overall_mean) as genre_score,
        coalesce(pivoted.genre_source, 'global') as genre_source
    from candidates
    cross join overall
    left join pivoted
        on candidates.user_id = pivoted.user_id and candidates.track_id = pivoted.track_id
)

select * from final
