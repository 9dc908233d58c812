-- grain: one of the user's best tracks, with the reason
-- key: user_id, rank
-- rows: catalogue.best
-- units: rank counts from 1, the best; score is that of the model asked for
-- nulls: none
with

best as (
    select user_id, track_id, rank, score from {{ ref('catalogue.best') }}
),

reasons as (
    select user_id, track_id, kind, item_id, rating from {{ ref('catalogue.reasons') }}
),

popularity as (
    select item_id, rating_count from {{ ref('priors.items') }}
),

final as (
    select
        best.user_id,
        best.rank,
        best.track_id,
        best.score,
        case
            when reasons.kind = 'neighbour' then concat('rated ', reasons.item_id, ' ', reasons.rating)
            when reasons.kind is not null
                then concat('rated its ', reasons.kind, ' ', reasons.item_id, ' ', reasons.rating)
            else concat('popular: ', coalesce(popularity.rating_count, 0), ' ratings')
        end as reason
    from best
    left join reasons on best.user_id = reasons.user_id and best.track_id = reasons.track_id
    left join popularity on best.track_id = popularity.item_id
)

select * from final
