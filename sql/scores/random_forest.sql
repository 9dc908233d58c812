-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score is the probability of a like by a random forest
-- nulls: none
-- also: features.random_forest_importance, features.random_forest_tuning,
--   features.random_forest_nested
-- labels: cross-validated, one model per fold
-- materialized: table
-- requires: scikit-learn
-- needs: staging.labels
-- pairs: candidates
{{ learner(
    'classifiers.learner.random_forest',
    examples=ref('features.examples'),
    labels=ref('staging.labels'),
    folds=ref('features.folds'),
    settings={'grid': var('random_forest'), 'solver': var('classifiers.solver')}
) }}
