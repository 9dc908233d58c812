-- grain: one distinct rating
-- key: rating
-- units: rating 0..100; value is the lowest that has this rating, on the owner's scale; share of all
--   ratings, 0..1
-- columns: rating: rating on the scale 0..100; value: lowest value with this rating, on the owner's scale;
--   rating_count: number of such ratings; share: their share of all ratings, 0..1
-- nulls: none
with

ratings as (
    select rating, value from {{ ref('staging.ratings') }}
),

final as (
    select rating, min(value) as value, count(*) as rating_count, count(*) / sum(count(*)) over () as share
    from ratings
    group by rating
)

select * from final order by rating
