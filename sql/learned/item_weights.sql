-- grain: a track and a rated item that predicts it
-- key: item_i, item_j
-- units: item_i is the track, item_j the rated item; a user's score of item_i adds up weight for each liked
--   item_j and ease.other_weight x weight for each other rated item_j; a negative weight lowers the score
-- needs: staging.candidates
-- nulls: none; only the most rated items and the strongest weights of each item_j have rows
-- formula: weight = -P_ij / P_ii, P = (X'X + lambda I)^-1, X the user by item matrix of learned.ease_ratings
--   (Steck, Embarrassingly Shallow Autoencoders for Sparse Data, 2019); the ease.kept largest |weight| of
--   each item_j are kept, ties by item_i
{{ learner(
    'ease.learner.fit',
    ratings=ref('learned.ease_ratings'),
    tracks=ref('staging.tracks'),
    settings={'regularization': var('ease.regularization'), 'kept': var('ease.kept')}
) }}
