-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score on the scale 0..100
-- nulls: none
-- formula: weighted mean over the levels that the user rated, weights renormalised; if the user rated none
--   of them, the weighted mean of the levels' fallbacks
-- steps: internal.contributions_levels
-- scale: ratings
{% set known = {'album': 'album_known', 'artist': 'artist_direct', 'genre': 'genre_direct'} %}
{% set filled = {'album': 'album_score', 'artist': 'artist_score', 'genre': 'genre_mean'} %}
with

features as (
    select
        user_id,
        track_id,
        coalesce(album_direct, sibling_mean) as album_known,
        artist_direct,
        genre_direct,
        album_score,
        artist_score,
        genre_mean
    from {{ ref('features.candidates') }}
),

final as (
    select
        user_id,
        track_id,
        coalesce(
            {{ weighted_mean_of_known('adaptive', known) }},
            {{ weighted_sum('adaptive', filled) }}
        ) as score
    from features
)

select * from final
