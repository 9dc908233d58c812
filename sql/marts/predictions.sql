-- grain: one candidate as one model sees it
-- key: model, user_id, track_id
-- units: rank counts the user's candidates from 1, the best; predicted is 1 for the first half, else 0
-- nulls: none
-- formula: score descending, then track_prior descending, then track_id ascending
with

scores as (
    {{- union_of_scores(ref_all('scores.*')) }}
),

priors as (
    select user_id, track_id, track_prior from {{ ref('features.candidates') }}
),

ranked as (
    select
        scores.model,
        scores.user_id,
        scores.track_id,
        scores.score,
        {{ ranking('scores.model, scores.user_id') }} as rank,
        count(*) over (partition by scores.model, scores.user_id) as candidate_count
    from scores
    inner join priors on scores.user_id = priors.user_id and scores.track_id = priors.track_id
),

final as (
    select
        model,
        user_id,
        track_id,
        score,
        rank,
        (rank <= candidate_count / 2)::smallint as predicted
    from ranked
)

select * from final
