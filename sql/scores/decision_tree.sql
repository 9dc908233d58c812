-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score is the probability of a like by a decision tree
-- nulls: none
-- also: features.decision_tree_importance, features.decision_tree_tuning,
--   features.decision_tree_nested
-- labels: cross-validated, one model per fold
-- materialized: table
-- requires: scikit-learn
-- needs: staging.labels
-- pairs: candidates
{{ learner(
    'classifiers.learner.decision_tree',
    examples=ref('features.examples'),
    labels=ref('staging.labels'),
    folds=ref('features.folds'),
    settings={'grid': var('decision_tree'), 'solver': var('classifiers.solver')}
) }}
