-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score is the log odds of being liked
-- nulls: none
-- formula: boosted trees on validation candidates, whose labels are high ratings that were held out
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
