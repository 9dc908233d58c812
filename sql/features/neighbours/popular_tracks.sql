-- grain: one of the most rated tracks
-- key: track_id
-- units: rating_count is the number of ratings by all users
-- nulls: none
-- formula: most ratings first, ties by the prior, then by track_id
with

tracks as (
    select track_id from {{ ref('staging.tracks') }}
),

priors as (
    select item_id, rating_count, bayes_mean from {{ ref('priors.items') }}
),

final as (
    select tracks.track_id, coalesce(priors.rating_count, 0) as rating_count
    from tracks
    left join priors on tracks.track_id = priors.item_id
    order by coalesce(priors.rating_count, 0) desc, priors.bayes_mean desc nulls last, tracks.track_id
    limit {{ var('recommend.popular_tracks') }}
)

select * from final
