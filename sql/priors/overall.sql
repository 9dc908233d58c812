-- grain: the data set
-- key: rating_count
-- units: rating_count is N, rating_mean is M, on the scale 0..100
-- nulls: none; M is scale.middle for a data set without ratings
with

ratings as (
    select rating from {{ ref('staging.ratings') }}
),

final as (
    select
        count(*) as rating_count,
        coalesce(sum(rating) / nullif(count(*), 0), {{ var('scale.middle') }})::double as rating_mean
    from ratings
)

select * from final
