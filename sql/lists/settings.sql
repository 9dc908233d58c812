-- grain: one hyperparameter of a list model; of a blend the weight of one part
-- key: model, key
-- units: value as a text. lists.trials (model, trial, parameters, ndcg, users, is_chosen) has what the search
--   tried, judged by NDCG@10 on likes held out of the histories of so many users: of more than
--   tuning.first_users a search sees these first, and figures of unlike numbers do not compare
-- nulls: none
-- also: lists.trials
-- learned: no
-- reused: size
-- formula: the best trial of each model by likes held out at random, on a sample where the data are large:
--   random likes choose better hyperparameters than the latest ones. The likes that judge the list models
--   are not in it
{{ learner(
    'lists.learner.tune',
    interactions=ref('validation.list_interactions'),
    items=ref('list_validation.lists_items'),
    settings={
        'seconds': var('tuning.seconds'),
        'users': var('tuning.users'),
        'first_users': var('tuning.first_users'),
        'items': var('tuning.items'),
        'judges': var('validation.list_users'),
        'models': list_models('item_scores', 'item_weights', 'factors', 'blend')
    }
) }}
