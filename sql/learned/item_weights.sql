-- grain: a track, and a rated item whose rating says something about it
-- key: item_i, item_j
-- units: item_i is the track, item_j what was rated; a weight is added once for each liked item_j of a user,
--   times ease.other_weight for another rated one; below 0: whoever rated item_j rates item_i less
-- nulls: none; what is not among the most rated items, or among the strongest weights of item_j, has no row
-- formula: weight = -P_ij / P_ii, P = (X'X + lambda I)^-1, X the weights of learned.ease_ratings, a row a
--   user (Steck, Embarrassingly Shallow Autoencoders for Sparse Data, 2019); of each item_j the strongest
--   are kept, by |weight|, ties by item_i
{{ learner(
    'ease.learner.fit',
    ratings=ref('learned.ease_ratings'),
    tracks=ref('staging.tracks'),
    settings={'regularization': var('ease.regularization'), 'kept': var('ease.kept')}
) }}
