-- grain: one user with ratings
-- key: user_id
-- units: factors is a list of numbers, all 0 for a user without likes. learned.item_factors (item_id,
--   factors, bias) has the items, summed over the taxonomy; learned.history_weights (feature, weight) the
--   weights of rating / 100 and of a like of the album or artist; learned.factor_curve (epoch, train_loss,
--   validation_auc, is_kept) the training curve
-- nulls: none
-- also: learned.item_factors, learned.history_weights, learned.factor_curve
-- formula: logistic loss on s(i) - s(j), with i liked by u and j a sampled negative, s(u, i) = U_u . (V_i +
--   A_album(i) + A_artist(i)) + b_i + w . history(u, i) (Mnih, KDD Cup 2011, JMLR W&CP 18)
-- requires: numba
{{ learner(
    'bpr.learner.fit_predict',
    ratings=ref('validation.ratings'),
    items=ref('learned.factor_items'),
    validation=ref('validation.labels'),
    settings=var('taxonomy_factors')
) }}
