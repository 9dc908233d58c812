-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score is the log odds of a like
-- nulls: none
-- formula: gradient-boosted trees trained on validation candidates: held-out likes against sampled negatives
-- also: validation.scores_ranker, features.ranker_importance
-- materialized: table
-- requires: scikit-learn
-- pairs: candidates
{{ learner(
    'ranking.learner.fit_predict',
    candidates=ref('features.ranking'),
    validation=ref('validation.features_ranking'),
    labels=ref('validation.labels'),
    settings=var('ranker')
) }}
