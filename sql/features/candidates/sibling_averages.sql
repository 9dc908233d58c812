-- grain: one candidate with at least one sibling: another track of its album that the user rated
-- key: user_id, track_id
-- units: sibling_mean on the scale 0..100
-- nulls: none
with

evidence as (
    select user_id, track_id, rating from {{ ref('features.nearby_ratings') }} where level = 'sibling'
),

final as (
    select user_id, track_id, count(*) as sibling_count, sum(rating) / count(*) as sibling_mean
    from evidence
    group by user_id, track_id
)

select * from final
