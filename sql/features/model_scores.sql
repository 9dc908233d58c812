-- grain: one candidate as one model sees it, the ensembles left out
-- key: model, user_id, track_id
-- materialized: view
with

final as (
    {{- union_of_scores(ref_all('scores.*', excluding=['scores.ensemble', 'scores.stacked_ensemble'])) }}
)

select * from final
