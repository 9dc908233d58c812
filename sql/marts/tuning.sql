-- grain: one point of a grid of hyperparameters, tried for one fold
-- key: model, parameters, fold
-- units: accuracy 0..1, on the users of the fold after the held-out one, of a classifier; ndcg 0..1, of the
--   first 10 items of a list, of a list model, whose fold is 0. Figures compare where users are equal
-- columns: model: model that has hyperparameters; parameters: their values, as JSON; fold: fold that was
--   held out, 0 for a list model; accuracy: accuracy of a classifier on the next fold, 0..1; ndcg: NDCG of
--   the first 10 items of a list model, 0..1; users: number of users whose histories the list model was
--   fitted to, fewer than all in the first stage of a search (tuning.first_users); is_chosen: whether the
--   values are used for the fold; is_final: whether the values are used for all other users, or for lists
-- nulls: accuracy of a list model; ndcg, users of a classifier
-- formula: is_chosen marks the parameters of the model that scores the fold, is_final those of the model
--   that scores users without labels, or makes lists: the best mean over the folds
{% set relations = ref_all('features.*_tuning') %}
{% set trials = ref_all('lists.trials') %}
with

final as (
    {%- for relation in relations %}
    select
        model,
        parameters,
        fold,
        accuracy,
        null::double as ndcg,
        null::bigint as users,
        is_chosen,
        is_final
    from {{ relation }}
    union all
    {%- endfor %}
    {%- for relation in trials %}
    select
        model,
        parameters,
        0 as fold,
        null::double as accuracy,
        max(ndcg) as ndcg,
        max(users) as users,
        bool_or(is_chosen) as is_chosen,
        bool_or(is_chosen) as is_final
    from {{ relation }}
    group by model, parameters
    {%- else %}
    select
        ''::varchar as model,
        ''::varchar as parameters,
        0::bigint as fold,
        0::double as accuracy,
        0::double as ndcg,
        0::bigint as users,
        false as is_chosen,
        false as is_final
    where false
    {%- endfor %}
)

select * from final order by model, parameters, fold
