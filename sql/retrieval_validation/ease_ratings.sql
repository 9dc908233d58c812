-- grain: as in learned.ease_ratings, of the history that is left
-- key: user_id, item_id
-- units: weight 0..1
-- nulls: none
-- materialized: temp
-- formula: no row where lists are not made by the weights of EASE
with

ratings as (
    select user_id, item_id, weight from {{ ref('retrieval_validation.learned_ease_ratings') }}
),

coverage as (
    select is_ease from {{ ref('features.retrieval_coverage') }}
),

final as (
    select ratings.user_id, ratings.item_id, ratings.weight
    from ratings
    cross join coverage
    where coverage.is_ease
)

select * from final
