-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score is a weighted sum of ranks within the user
-- nulls: none
-- formula: weights a = (S'S + lambda N I)^-1 S'x, where an accuracy P gives s'x = N (2 P - 1)
-- also: features.ensemble_weights, features.ensemble_estimate
-- needs: staging.candidates
-- labels: cross-validated, by weights from accuracies computed without the fold
-- materialized: table
-- pairs: candidates
{{ learner(
    'ensembles.learner.fit_predict',
    predictions=ref('features.model_scores'),
    submissions=ref('staging.submissions'),
    known=ref('features.input_accuracies'),
    folds=ref('features.folds'),
    candidates=ref('staging.candidates'),
    settings=var('ensemble'),
) }}
