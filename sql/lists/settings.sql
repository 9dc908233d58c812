-- grain: one hyperparameter of a list model
-- key: model, key
-- units: value as a text. lists.trials (model, trial, settings, ndcg, is_chosen) has what the search tried, judged by
--   NDCG@10 on likes held out of the validation history
-- nulls: none
-- also: lists.trials
-- learned: no
-- reused: size
-- formula: the best trial of each model
{{ learner(
    'lists.learner.tune',
    interactions=ref('validation.list_interactions'),
    items=ref('list_validation.lists_items'),
    settings={'seconds': var('tuning.seconds'), 'models': list_models()}
) }}
