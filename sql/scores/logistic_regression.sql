-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score is the probability of a like by a logistic regression
-- nulls: none
-- also: features.logistic_regression_importance, features.logistic_regression_tuning,
--   features.logistic_regression_nested
-- labels: cross-validated, one model per fold
-- materialized: table
-- requires: scikit-learn
-- needs: staging.labels
-- pairs: candidates
{{ learner(
    'classifiers.learner.logistic_regression',
    examples=ref('features.examples'),
    labels=ref('staging.labels'),
    folds=ref('features.folds'),
    settings={'grid': var('logistic_regression'), 'solver': var('classifiers.solver')}
) }}
