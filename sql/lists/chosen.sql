-- grain: the list model that makes the lists
-- key: model
-- units: a name of lists.quality
-- nulls: none
-- formula: the highest NDCG@10 on validation users; of equal ones, and without such users, the simplest
with

quality as (
    select model, ndcg, position from {{ ref('lists.quality') }}
),

final as (
    select model from quality order by ndcg desc nulls last, position limit 1
)

select * from final
