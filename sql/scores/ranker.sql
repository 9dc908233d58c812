-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score is the log odds of being liked
-- nulls: none
-- formula: boosted trees on practice candidates, whose labels are high ratings that were held out
-- also: practice.scores_ranker, features.ranker_importance
-- materialized: table
-- requires: scikit-learn
{{ learner(
    'ranker.rank',
    candidates=ref('features.ranking'),
    practice=ref('practice.features_ranking'),
    labels=ref('practice.labels'),
    settings=var('ranker')
) }}
