-- lists: factors family=ials
-- summary: A few numbers are learned for each user and item; a score says how well those of a user and an
--   item fit together.
-- grain: one item
-- key: item_id
-- units: factors is a list of numbers; a user's factors are solved from the history when a list is made
-- nulls: none
-- requires: numba
-- formula: implicit alternating least squares with a penalty that grows with the number of interactions (Hu
--   et al., ICDM 2008; Rendle et al., "Revisiting the performance of iALS", RecSys 2022); of 64 factors and
--   more, each step takes three conjugate gradients (Takacs et al., RecSys 2011)
{{ learner(
    'lists.learner.fit_ials',
    interactions=ref('lists.interactions'),
    items=ref('lists.items'),
    chosen=ref('lists.settings'),
    settings={'model': 'ials', 'solver': var('lists.solver')}
) }}
