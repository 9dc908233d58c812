-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: prediction 0..100, the rating expected of the user, 0 for an album never met; source is what it
--   rests on: 'album', only its 'artist', or neither ('global')
-- nulls: none
-- also: features.autoencoder_curve
-- requires: torch, numba
-- needs: staging.test_lines
{{ learner(
    'autoencoder.learner.fit_predict',
    ratings=ref('features.autoencoder_ratings'),
    items=ref('features.autoencoder_items'),
    candidates=ref('features.autoencoder_candidates'),
    settings=var('autoencoder')
) }}
