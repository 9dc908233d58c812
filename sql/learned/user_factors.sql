-- grain: one user with ratings
-- key: user_id
-- units: factors is a list of numbers, all 0 of a user who liked nothing; learned.item_factors (item_id,
--   factors, bias) has one for each item, summed over the taxonomy, learned.history_weights (feature, weight)
--   what a rating / 100 of album or artist adds to a score, and that it is a liked one, learned.factor_curve
--   (epoch, train_loss, validation_auc, is_kept) the epochs
-- nulls: none
-- also: learned.item_factors, learned.history_weights, learned.factor_curve
-- formula: logistic loss on s(i) - s(j), i liked by u and j drawn by the law of high ratings, with
--   s(u, i) = U_u . (V_i + A_album(i) + A_artist(i)) + b_i + w . history(u, i) (Mnih, KDD Cup 2011, JMLR
--   W&CP 18)
-- requires: numba
{{ learner(
    'bpr.learner.fit_predict',
    ratings=ref('validation.ratings'),
    items=ref('learned.factor_items'),
    validation=ref('validation.labels'),
    settings=var('taxonomy_factors')
) }}
