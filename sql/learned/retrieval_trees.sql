-- grain: one node of one tree of the list ranker
-- key: tree, node
-- units: node 0 is the root; left_node and right_node are nodes of the same tree; values up to the threshold
--   go left; value is what a leaf adds to the log odds of a held-out like. learned.list_validation (model,
--   users, recall, ndcg) evaluates lists of validation users whose likes the trees did not see
-- nulls: feature, threshold, left_node, right_node, is_missing_left of a leaf; value of an inner node
-- formula: gradient-boosted trees on the candidates retrieved for validation users: held-out likes against
--   all other candidates; cross-validated by folds of users, averaged over the folds
-- also: learned.list_validation
-- requires: scikit-learn
{{ learner(
    'ranking.list_ranker.fit',
    examples=ref('retrieval_validation.retrieval_features'),
    labels=ref('validation.labels'),
    settings=var('catalogue_ranker')
) }}
