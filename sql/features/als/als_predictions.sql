-- grain: one asked item whose level's ALS model has seen both the user and the item
-- key: user_id, track_id, level, item_id
-- units: prediction on the scale 0..100, not clipped to it
-- nulls: none; a pair that the model cannot know has no row, and features.als_levels falls back
-- requires: numba
-- needs: staging.test_lines
{{ learner(
    'als.learner.fit_predict',
    ratings=ref('features.als_ratings'),
    pairs=ref('features.als_pairs'),
    settings=var('als')
) }}
