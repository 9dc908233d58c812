-- grain: one candidate that a model leaves without a finite score, or scores twice, or that is no candidate
-- key: model, user_id, track_id
with

candidates as (
    select user_id, track_id from {{ ref('staging.candidates') }}
),

models as (
    {%- for model in models('scores') %}
    select '{{ model }}' as model
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

scores as (
    select model, user_id, track_id, score from {{ ref('marts.predictions') }}
),

expected as (
    select models.model, candidates.user_id, candidates.track_id from models cross join candidates
),

final as (
    select
        coalesce(expected.model, scores.model) as model,
        coalesce(expected.user_id, scores.user_id) as user_id,
        coalesce(expected.track_id, scores.track_id) as track_id
    from expected
    full outer join scores
        on
            expected.model = scores.model
            and expected.user_id = scores.user_id
            and expected.track_id = scores.track_id
    where expected.model is null or scores.score is null or not isfinite(scores.score)
)

select * from final
