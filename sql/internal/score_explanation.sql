-- grain: one part of the score of a track by a model of the leaderboard
-- arguments: the_user, the_track, the_model
-- units: value and weight as in internal.score_steps; the contributions add up to the score
-- nulls: contribution of a row that is no part of the score; item_id, value, weight as in
--   internal.score_steps; rating_count, rating_mean, shrinkage
-- formula: the steps of internal.score_steps in words. A model whose score is no sum says so, and its inputs
--   with the largest weights in marts.feature_importance follow
{% set most = 5 %}
{% set scores = models('scores') | list %}
{% set known = (list_models() | list + scores) | unique | sort | join(', ') %}
{% set empty = 'null::bigint as rating_count, null::double as rating_mean, null::double as shrinkage' %}
with

steps as (
    select level, source, item_id, value, weight, amount, ordinal
    from {{ ref('internal.score_steps') }}(the_user, the_track)
    where model = the_model
),

items as (
    select item_id, coalesce(name, original_id) as name from {{ ref('marts.item_facts') }}
),

models as (
    select model, steps, scores_any_pair from {{ ref('marts.models') }} where model = the_model
),

named_steps as (
    select
        steps.ordinal, steps.level, steps.source, steps.item_id, steps.value, steps.weight, steps.amount,
        items.name,
        case when steps.level = 'track' then {{ var('dataset.noun') }} else steps.level end as noun
    from steps
    left join items on steps.item_id = items.item_id
),

-- Without a row for an unknown name the condition that refuses it would not run.
notes as (
    select
        case
            when steps is null then concat(model, ' is no sum of parts; these are its strongest inputs')
            else concat(model, ' scores test items only, and this is no test item of the user')
        end as evidence
    from models
    where not exists (select 1 from steps)
    union all
    select null where not exists (select 1 from models)
),

inputs as (
    select feature, importance, row_number() over (order by importance desc, feature) as place
    from {{ ref('marts.feature_importance') }}
    where model = the_model and exists (select 1 from models where steps is null)
),

lines as (
    select
        ordinal, level, {{ step_in_words() }} as evidence,
        item_id, value, source, weight, amount as contribution
    from named_steps
    union all
    select 0, 'note', evidence, null, null, 'note', null, null from notes
    union all
    select place, 'input', feature, null, null, 'importance', importance, null
    from inputs
    where place <= {{ most }}
),

final as (
    select
        the_model::varchar as model, row_number() over (order by ordinal, level desc) as ordinal, level,
        evidence, item_id, value, {{ empty }}, source, weight, contribution
    from lines
    where
        case
            when the_model::varchar in ('{{ scores | join("', '") }}') then true
            else error(concat('no model ', the_model::varchar, '; choose from {{ known }}'))::boolean
        end
        and exists (
            select 1
            from {{ ref('internal.require_pair') }}(the_user, the_track)
            where user_id = the_user and track_id = the_track
        )
)

select * from final order by ordinal
