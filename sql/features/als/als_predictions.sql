-- grain: one item of a candidate for which the level's ALS model knows both the user and the item
-- key: user_id, track_id, level, item_id
-- units: prediction on the scale 0..100, not clipped to it
-- nulls: none; other pairs have no row, and features.als_levels falls back
-- requires: numba
-- needs: staging.candidates
{{ learner(
    'als.learner.fit_predict',
    ratings=ref('features.als_ratings'),
    pairs=ref('features.als_pairs'),
    settings=var('als')
) }}
