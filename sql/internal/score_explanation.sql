-- grain: one part of the score of a track by a model of the leaderboard
-- arguments: the_user, the_track, the_model
-- units: value and weight as in internal.score_steps; the contributions add up to the score
-- nulls: contribution of a row that is no part of the score; item_id, value, weight as in
--   internal.score_steps; rating_count, rating_mean, shrinkage
-- formula: the steps of internal.score_steps in words. A model whose score is no sum says so, and its inputs
--   with the largest weights in marts.feature_importance follow
{% set most = 5 %}
{% set noun = var('dataset.noun') %}
{% macro word() %}case when steps.level = 'track' then {{ noun }} else steps.level end{% endmacro %}
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

notes as (
    select
        case
            when steps is null then concat(model, ' is no sum of parts; these are its strongest inputs')
            else concat(model, ' scores test items only, and this is no test item of the user')
        end as evidence
    from models
    where not exists (select 1 from steps)
),

unknown as (  -- a row for the filter below, which refuses the name
    select 1 as one where not exists (select 1 from models)
),

inputs as (
    select feature, importance, row_number() over (order by importance desc, feature) as place
    from {{ ref('marts.feature_importance') }}
    where model = the_model and exists (select 1 from models where steps is null)
),

named as (
    select
        steps.ordinal,
        steps.level,
        case
            when steps.source = 'mean' and steps.level = 'start' then 'mean of all ratings'
            when steps.source = 'bias' then 'popularity'
            when steps.level = 'start' then 'starting point'
            when steps.source = 'neighbour' then concat('own rating of ', items.name)
            when steps.source = 'others' then 'all other ratings'
            when steps.source = 'everybody' then 'popularity'
            when steps.source = 'tie' then 'tie-breaker'
            when steps.source = 'factors' then concat('factors of user and ', {{ noun }})
            when steps.source = 'liked' then concat_ws(' ', 'likes the', {{ word() }}, items.name)
            when steps.source = 'direct' then concat_ws(' ', 'own rating of', {{ word() }}, items.name)
            when steps.source in ('sibling', 'tracks')
                then concat_ws(' ', concat('own ratings of ', {{ noun }}, 's of'), {{ word() }}, items.name)
            when steps.source = 'prior'
                then concat_ws(' ', 'adjusted average of', {{ word() }}, items.name)
            when steps.source = 'mean' and steps.item_id is null
                then concat('mean of all ratings, no ', {{ word() }})
            when steps.source = 'mean' then concat_ws(' ', 'average of', {{ word() }}, items.name)
            when steps.source = 'global' then concat('no ratings of the ', {{ word() }})
            else concat_ws(' ', {{ word() }}, items.name, 'by', steps.source)
        end as evidence,
        steps.item_id, steps.value, steps.source, steps.weight, steps.amount as contribution
    from steps
    left join items on steps.item_id = items.item_id
    union all
    select 0, 'note', evidence, null, null, 'note', null, null from notes
    union all
    select 0, 'note', null, null, null, 'note', null, null from unknown
    union all
    select place, 'input', feature, null, null, 'importance', importance, null
    from inputs
    where place <= {{ most }}
),

final as (
    select
        the_model::varchar as model, row_number() over (order by ordinal, level desc) as ordinal, level,
        evidence, item_id, value, {{ empty }}, source, weight, contribution
    from named
    where
        case
            when the_model::varchar in ('{{ scores | join("', '") }}') then true
            else error(
                    concat(
                        'no model ', the_model::varchar,
                        '; choose from {{ known }}'
                    )
                )::boolean
        end
        and exists (
            select 1
            from {{ ref('internal.require_pair') }}(the_user, the_track)
            where user_id = the_user and track_id = the_track
        )
)

select * from final order by ordinal
