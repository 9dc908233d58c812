-- lists: blend
-- grain: one list model that takes part
-- key: model
-- units: a score is the weighted sum of z-scores of the parts, by the mean and deviation of a user's best
--   unseen scores
-- nulls: none
-- learned: no
-- formula: from the best model on, each further one is added with the share that is best on likes held out
--   of the validation history, if any is; no row where none is
{{ learner('lists.learner.fit_blend', chosen=ref('lists.settings'), settings={'model': 'blend'}) }}
