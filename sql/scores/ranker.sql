-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score is the log odds of a like
-- nulls: none
-- formula: gradient-boosted trees (Ke et al., LightGBM, NeurIPS 2017) trained on validation candidates:
--   held-out likes against sampled negatives; the mean over folds of users and repeated divisions into folds.
--   a score is the mean over models of the sum over their trees; features.ranker_trees has the nodes
-- also: validation.scores_ranker, features.ranker_importance, features.ranker_trees
-- materialized: table
-- requires: lightgbm
-- pairs: candidates
-- needs: staging.candidates
{{ learner(
    'ranking.learner.fit_predict',
    candidates=ref('features.ranking'),
    validation=ref('validation.features_ranking'),
    labels=ref('validation.labels'),
    settings=var('ranker')
) }}
