-- grain: one list model
-- key: model
-- rows: lists.quality
-- units: ndcg with its bounds lower and upper of 95 %, and mrr, of the first 10 items of a list; recall of
--   10, recall_50 of 50; coverage is the share of the items that are in any list, popular_share that of the
--   most liked tenth of the items in a list; all 0..1. Models that share a letter of group_letter are not
--   significantly different from the best of that group. seconds are those of the build, which writes them
--   last
-- columns: model: list model; ndcg: NDCG of the first 10 items of a list, 0..1; lower: lower 95 % bound of
--   ndcg; upper: upper 95 % bound of ndcg; recall: share of a user's held-out likes in the first 10 items,
--   0..1; recall_50: the same share in the first 50 items; mrr: mean of 1 / rank of the first held-out
--   like, 0..1; coverage: share of all items that are in any list, 0..1; popular_share: share of the most
--   liked tenth of the items in a list, 0..1; users: number of validation users; group_letter: models that
--   share a letter are not significantly different from the best of that group; is_chosen: whether the
--   model makes marts.recommendations; seconds: seconds that the build took to fit the model, with the
--   learners that it depends on, such as the search of hyperparameters that several models share
-- nulls: ndcg, lower, upper, recall, recall_50, mrr, coverage, popular_share without a user who can be
--   judged; seconds until all models have run
with

quality as (
    select * from {{ ref('lists.quality') }}
),

chosen as (
    select model from {{ ref('lists.chosen') }}
),

final as (
    select
        quality.model,
        quality.ndcg,
        quality.lower,
        quality.upper,
        quality.recall,
        quality.recall_50,
        quality.mrr,
        quality.coverage,
        quality.popular_share,
        quality.users,
        quality.group_letter,
        quality.model in (select model from chosen) as is_chosen,
        cast(null as double) as seconds
    from quality
)

select * from final order by ndcg desc, model
