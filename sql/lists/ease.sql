-- lists: item_weights family=ease
-- summary: Each item in the user's history raises or lowers the score of every other item; all these
--   weights are learned together.
-- grain: an item in a history, and an item whose score it raises or lowers
-- key: item_j, item_i
-- units: item_j is in the history, item_i is recommended; a score is the sum of the weights of a history,
--   each times the strength of the interaction
-- nulls: none
-- formula: weight = -P_ji / P_ii, P = (X'X + diag(L))^-1, X the strengths of interactions, a row a user, L_i
--   = lambda + d / (1 - d) sum x_ui^2 (Steck, WWW 2019; EDLAE: NeurIPS 2020). Strengths, lambda and d by
--   validation, see lists.settings. The weights with the largest |weight| sqrt(n_j) are kept. Of more items
--   than fit into memory the most rated take part, see lists.limits
{{ learner(
    'lists.learner.fit_ease',
    interactions=ref('lists.interactions'),
    items=ref('lists.items'),
    chosen=ref('lists.settings'),
    settings={'model': 'ease', 'items': var('lists.ease_items')}
) }}
