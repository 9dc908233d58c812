-- grain: one list model that covers a part of the items, or that a cluster cannot fit
-- key: model
-- units: reason says what the limit is, and which setting changes that
-- nulls: none
-- formula: EASE covers as many of the most rated items as memory and lists.ease_items let it; a cluster
--   fits none of the models of `driver`
{{ learner(
    'lists.learner.limits',
    size=ref('lists.size'),
    settings={
        'model': 'ease',
        'items': var('lists.ease_items'),
        'driver': ['ease', 'ranker'] + (['ials'] if var('lists.solver') == 'local' else [])
    }
) }}
