-- grain: the list model that makes the lists
-- key: model
-- units: a name of lists.quality
-- nulls: none
-- formula: the highest NDCG@10 on validation users; of equal ones, and without such users, the simplest.
--   Where the last likes are held out, random likes decide as well: of the models in lists.trials take the
--   best one and those that the last likes do not tell from it, and of these the one with the highest NDCG@10
--   in lists.trials. Last likes are few and lie in a short time. A model that random likes do not judge, as
--   the ranker, learns from the last ones and loses up to a third on others: it makes the lists where its
--   NDCG@10 on last likes is lists.far_ahead times that of the best other one
with

quality as (
    select model, ndcg, position, group_letter from {{ ref('lists.quality') }}
),
{% if is_by_time() == 'true' %}
trials as (
    select model, max(ndcg) as ndcg from {{ ref('lists.trials') }} where is_chosen group by model
),

tried as (
    select quality.model, quality.ndcg, quality.position, quality.group_letter, trials.ndcg as random_ndcg
    from quality
    left join trials on quality.model = trials.model
),

leader as (
    select ndcg, substr(group_letter, 1, 1) as letter
    from tried
    order by case when random_ndcg is null then 1 else 0 end, ndcg desc nulls last, position
    limit 1
),

compared as (
    select
        tried.*,
        leader.letter,
        tried.random_ndcg is null
        and tried.ndcg > leader.ndcg
        and tried.ndcg >= {{ var('lists.far_ahead') }} * leader.ndcg as is_ahead
    from tried
    cross join leader
),

final as (
    select model
    from compared
    where is_ahead or contains(group_letter, letter)
    order by
        case when is_ahead then 0 else 1 end,
        case when is_ahead then 0.0 else random_ndcg end desc nulls last,
        ndcg desc nulls last,
        position
    limit 1
)
{% else %}
final as (
    select model from quality order by ndcg desc nulls last, position limit 1
)
{% endif %}
select * from final
