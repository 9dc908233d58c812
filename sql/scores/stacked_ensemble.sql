-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score is the log odds of a like
-- nulls: none
-- formula: logistic regression on the ranks within the user of all models and submissions, with a penalty
--   towards the best of them
-- labels: cross-validated, by nested scores and one model per fold
-- materialized: table
-- requires: scikit-learn
-- needs: staging.labels
-- pairs: candidates
{{ learner(
    'ensembles.stacking.fit_predict',
    predictions=ref('features.model_scores'),
    nested=ref('features.nested_scores'),
    submissions=ref('staging.submissions'),
    labels=ref('staging.labels'),
    folds=ref('features.folds'),
    candidates=ref('staging.candidates'),
    settings=var('stacked_ensemble'),
) }}
