-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: *_raters are numbers of ratings; means 0..100
-- nulls: *_mean of an unrated or missing item
-- formula: all users' ratings of the track, its album and its artist (group TS of Xie et al., KDD Cup 2011)
{% set levels = ['track', 'album', 'artist'] %}
with

candidates as (
    select user_id, track_id, album_id, artist_id from {{ ref('features.candidates') }}
),

priors as (
    select item_id, rating_count, rating_mean, bayes_mean from {{ ref('priors.items') }}
),

final as (
    select
        {%- for level in levels %}
        coalesce({{ level }}s.rating_count, 0) as {{ level }}_raters,
        {{ level }}s.rating_mean as {{ level }}_mean,
        {{ level }}s.bayes_mean as {{ level }}_bayes_mean,
        {%- endfor %}
        candidates.user_id,
        candidates.track_id
    from candidates
    left join priors as tracks on candidates.track_id = tracks.item_id
    left join priors as albums on candidates.album_id = albums.item_id
    left join priors as artists on candidates.artist_id = artists.item_id
)

select * from final
