-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: prediction 0..100, the expected rating where unrated albums count as 0; source is what the
--   prediction is based on: 'album', only its 'artist', or neither ('global')
-- nulls: none
-- also: features.autoencoder_curve
-- requires: torch, numba
-- needs: staging.candidates
{{ learner(
    'autoencoder.learner.fit_predict',
    ratings=ref('features.autoencoder_ratings'),
    items=ref('features.autoencoder_items'),
    candidates=ref('features.autoencoder_candidates'),
    settings=var('autoencoder')
) }}
