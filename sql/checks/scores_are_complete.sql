-- grain: a candidate that a model scores twice, not at all or with NaN or infinity, or a scored pair that is
--   not a candidate
-- key: model, user_id, track_id
{% set model_count = models('scores') | length %}
with

candidates as (
    select user_id, track_id from {{ ref('staging.candidates') }}
),

scores as (
    select model, user_id, track_id, score from {{ ref('marts.predictions') }}
),

counted as (
    select user_id, track_id, count(*) as row_count, count(*) filter (where isfinite(score)) as score_count
    from scores
    group by user_id, track_id
),

faults as (
    select
        coalesce(candidates.user_id, counted.user_id) as user_id,
        coalesce(candidates.track_id, counted.track_id) as track_id,
        candidates.user_id is not null as is_candidate
    from candidates
    full outer join counted on candidates.user_id = counted.user_id and candidates.track_id = counted.track_id
    where
        candidates.user_id is null
        or counted.row_count is distinct from {{ model_count }}
        or counted.score_count is distinct from {{ model_count }}
),

models as (
    {%- for model in models('scores') %}
    select '{{ model }}' as model
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

scored as (
    select
        scores.model,
        scores.user_id,
        scores.track_id,
        count(*) as row_count,
        count(*) filter (where isfinite(scores.score)) as score_count
    from scores
    inner join faults on scores.user_id = faults.user_id and scores.track_id = faults.track_id
    group by scores.model, scores.user_id, scores.track_id
),

final as (
    select models.model, faults.user_id, faults.track_id
    from faults
    cross join models
    left join scored
        on models.model = scored.model
            and faults.user_id = scored.user_id
            and faults.track_id = scored.track_id
    where
        coalesce(scored.row_count, 0) <> case when faults.is_candidate then 1 else 0 end
        or coalesce(scored.score_count, 0) <> coalesce(scored.row_count, 0)
)

select * from final
