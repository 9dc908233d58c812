-- grain: the list model that makes the lists
-- key: model
-- units: a name of lists.quality
-- nulls: none
-- formula: the highest NDCG@10 on validation users; of equal ones, and without such users, the simplest.
--   Where the last likes are held out: of the models that these do not tell from the best, the one with the
--   highest NDCG@10 in lists.trials, on likes drawn at random. Last likes are few and lie in a short time,
--   and a model that is the best on them by chance can be far behind on others
with

quality as (
    select model, ndcg, position, group_letter from {{ ref('lists.quality') }}
),
{% if is_by_time() == 'true' %}
trials as (
    select model, max(ndcg) as ndcg from {{ ref('lists.trials') }} where is_chosen group by model
),

final as (
    select quality.model
    from quality
    left join trials on quality.model = trials.model
    where contains(quality.group_letter, 'A')
    order by trials.ndcg desc nulls last, quality.ndcg desc nulls last, quality.position
    limit 1
)
{% else %}
final as (
    select model from quality order by ndcg desc nulls last, position limit 1
)
{% endif %}
select * from final
