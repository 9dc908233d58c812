-- grain: a track to be scored
-- key: user_id, track_id
-- rows: retrieval.pairs
-- units: score is the log odds of being a like that was held out
-- nulls: none
-- formula: boosted trees (learned.retrieval_trees) on retrieval.features
{{ learner(
    'ranking.list_ranker.score',
    trees=ref('learned.retrieval_trees'),
    features=ref('retrieval.features')
) }}
