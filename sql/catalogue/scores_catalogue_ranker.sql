-- grain: a track to be scored
-- key: user_id, track_id
-- rows: catalogue.pairs
-- units: score is the log odds of being a like that was held out
-- nulls: none
-- formula: boosted trees (learned.catalogue_trees) on catalogue.features
{{ learner(
    'catalogue_ranker.score',
    trees=ref('learned.catalogue_trees'),
    features=ref('catalogue.features')
) }}
