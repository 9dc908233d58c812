-- grain: one list model and validation user
-- key: model, user_id
-- units: ndcg, mrr and recall at validation.list_length, recall_50 at 50, 0..1, on likes that no model saw.
--   lists.quality (model, position, ndcg, lower, upper, recall, recall_50, mrr, coverage, popular_share,
--   users, group_letter) has the means; position counts the models from 0, the simplest first
-- nulls: none
-- also: lists.quality
-- learned: no
-- formula: Jarvelin and Kekalainen, ACM TOIS 2002, with relevance 0 or 1; every item that the user has not
--   interacted with competes, and where items are held out altogether, these alone. Bounds and groups by a
--   paired bootstrap over users (Efron and Tibshirani, 1993)
{{ learner(
    'lists.learner.judge',
    interactions=ref('validation.list_interactions'),
    items=ref('list_validation.lists_items'),
    held_out=ref('validation.list_held_out'),
    chosen=ref('lists.settings'),
    settings={
        'models': list_models(),
        'length': var('validation.list_length'),
        'by_item': var('validation.split') == 'items',
        'diversity': var('validation.diversity')
    },
    fitted=list_refs(schema='list_validation')
) }}
