-- grain: a model and a validation user
-- key: model, user_id
-- units: judged is the number of the user's validation candidates, correct the number predicted right
-- nulls: none
-- formula: the ranking rule over the validation candidates, for every model that can be computed there
{% set relations = ref_all('validation.scores_*') %}
with

{% if relations -%}
scores as (
    {%- for relation in relations %}
    select '{{ (relation.split('.') | last).removeprefix('scores_') }}' as model, user_id, track_id, score
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

labels as (
    select user_id, track_id, label from {{ ref('validation.labels') }}
),

priors as (
    select user_id, track_id, track_prior from {{ ref('validation.features_candidates') }}
),

ranked as (
    select
        scores.model,
        scores.user_id,
        scores.track_id,
        {{ ranking('scores.model, scores.user_id') }} as rank,
        count(*) over (partition by scores.model, scores.user_id) as candidate_count
    from scores
    inner join priors on scores.user_id = priors.user_id and scores.track_id = priors.track_id
),

final as (
    select
        ranked.model,
        ranked.user_id,
        count(*) as judged,
        count(*) filter (where (ranked.rank <= ranked.candidate_count / 2) = (labels.label = 1)) as correct
    from ranked
    inner join labels on ranked.user_id = labels.user_id and ranked.track_id = labels.track_id
    group by ranked.model, ranked.user_id
)
{%- else -%}
final as (
    select null::varchar as model, user_id, 0::bigint as judged, 0::bigint as correct
    from {{ ref('staging.candidates') }}
    where false
)
{%- endif %}

select * from final
