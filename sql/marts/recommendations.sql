-- grain: one item of a user's list
-- key: user_id, rank
-- units: rank counts from 1, the best; score is that of the model, comparable within a user; reason_item_id
--   is the interaction of the user that adds most to the score, reason_value its value as the owner has it
-- columns: user_id: id of the user in the warehouse; rank: place in the list, from 1, the best; item_id: id
--   of the recommended item in the warehouse; score: score of the model, comparable within a user; model:
--   list model that made the list; reason_item_id: interaction of the user that adds most to the score,
--   of a blend or ranker to its strongest part; reason_value: value of that interaction, as the owner has it
-- nulls: reason_item_id, reason_value of a model without reasons, and of an item without a positive
--   contribution
-- incremental: by user_id
-- learned: no
-- formula: the model of lists.chosen, fitted to all interactions. Items that the user interacted with are
--   left out, and those that an import held out. Equal scores by number of likes, then by id; items that no
--   user chose last
{{ learner(
    'lists.learner.recommend',
    interactions=ref('lists.interactions'),
    items=ref('lists.items'),
    users=ref('lists.users'),
    held_out=ref('staging.held_out'),
    chosen=ref('lists.settings'),
    model=ref('lists.chosen'),
    settings={'models': list_models(), 'length': var('lists.length'), 'solver': var('lists.solver')},
    fitted=list_refs()
) }}
