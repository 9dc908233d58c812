-- lists: ranker
-- summary: Decision trees that have learned from held-out likes how to combine the scores of the other
--   list models.
-- grain: a fold of validation users
-- key: fold
-- units: model is the text of LightGBM's trees, trained on the users of the other folds; a score is the mean
--   of all folds. lists.ranker_validation (user_id, rank, item_id) has the lists of validation users by the
--   trees that did not see their likes
-- nulls: none
-- also: lists.ranker_validation
-- requires: lightgbm
-- formula: LambdaMART (Burges, 2010) over the scores and ranks of the other list models, for the items that
--   at least one of them ranks high; held-out likes are relevant
{{ learner(
    'lists.learner.fit_ranker',
    interactions=ref('validation.list_interactions'),
    items=ref('list_validation.lists_items'),
    held_out=ref('validation.list_held_out'),
    chosen=ref('lists.settings'),
    settings={
        'models': list_models('item_scores', 'item_weights', 'factors'),
        'length': var('validation.list_length'),
        'diversity': var('validation.diversity')
    },
    fitted=list_refs('item_scores', 'item_weights', 'factors', schema='list_validation')
) }}
