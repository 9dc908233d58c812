-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score is the probability of a like by gradient-boosted trees
-- nulls: none
-- also: features.gradient_boosted_trees_importance, features.gradient_boosted_trees_tuning,
--   features.gradient_boosted_trees_nested
-- labels: cross-validated, one model per fold
-- materialized: table
-- requires: scikit-learn
-- needs: staging.labels
-- pairs: candidates
{{ learner(
    'classifiers.learner.gradient_boosted_trees',
    examples=ref('features.examples'),
    labels=ref('staging.labels'),
    folds=ref('features.folds'),
    settings={'grid': var('gradient_boosted_trees'), 'solver': var('classifiers.solver')}
) }}
