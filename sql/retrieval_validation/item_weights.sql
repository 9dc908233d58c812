-- grain: a track, and a rated item whose rating says something about it
-- key: item_i, item_j
-- units: as in learned.item_weights
-- nulls: none; no row where lists are not made by the weights of EASE
-- formula: learned.item_weights, learned from the history that is left
{{ learner(
    'ease.learner.fit_validation',
    ratings=ref('retrieval_validation.ease_ratings'),
    tracks=ref('staging.tracks'),
    settings={'regularization': var('ease.regularization'), 'kept': var('ease.kept')}
) }}
