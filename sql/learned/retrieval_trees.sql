-- grain: a node of one of the trees that rank lists from the catalogue
-- key: tree, node
-- units: node 0 is the root; left_node and right_node are nodes of the tree; a value up to the threshold goes
--   to the left; value is what a leaf adds to the log odds of being a like that was held out.
--   learned.list_validation (model, users, recall, ndcg) judges lists of validation users whose likes the
--   trees did not see
-- nulls: feature, threshold, left_node, right_node, is_missing_left of a leaf; value of another node
-- formula: boosted trees on what retrieval proposes for validation users from the history that is left, whose
--   held-out likes are the liked ones and all others the unliked; the mean over folds of users
-- also: learned.list_validation
-- requires: scikit-learn
{{ learner(
    'ranking.list_ranker.fit',
    examples=ref('retrieval_validation.retrieval_features'),
    labels=ref('validation.labels'),
    settings=var('catalogue_ranker')
) }}
