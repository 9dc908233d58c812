-- grain: one candidate scored by one model
-- key: model, user_id, track_id
-- units: rank numbers the user's candidates from 1, the best; predicted is 1 for the first half, else 0
-- columns: model: model of scores; user_id: id of the user in the warehouse; track_id: id of the candidate
--   in the warehouse; score: score of the model, higher is better; rank: place among the user's candidates,
--   from 1, the best; predicted: 1 if predicted as liked, which is the better half, else 0
-- nulls: none
-- partition_by: model
-- formula: score descending, then track_prior descending, then track_id ascending
with

priors as (
    select user_id, track_id, track_prior from {{ ref('features.candidates') }}
),

users as (
    select user_id, count(*) as candidate_count from priors group by user_id
),

ranked as (
    {%- for relation in ref_all('scores.*') %}
    select
        '{{ relation.split('.')[1] }}' as model,
        scores.user_id,
        scores.track_id,
        scores.score,
        {{ ranking('scores.user_id') }} as rank
    from {{ relation }} as scores
    inner join priors on scores.user_id = priors.user_id and scores.track_id = priors.track_id
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        ranked.model,
        ranked.user_id,
        ranked.track_id,
        ranked.score,
        ranked.rank,
        (ranked.rank <= users.candidate_count / 2)::smallint as predicted
    from ranked
    inner join users on ranked.user_id = users.user_id
)

select * from final
