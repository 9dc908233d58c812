-- grain: one of the user's best tracks, with the reason
-- key: user_id, rank
-- rows: retrieval.best
-- units: rank counts from 1, the best; score is that of the model asked for; user and item are ids as the
--   data's owner writes them
-- nulls: name where the data have none
with

best as (
    select user_id, track_id, rank, score from {{ ref('retrieval.best') }}
),

reasons as (
    select user_id, track_id, kind, item_id, rating from {{ ref('retrieval.reasons') }}
),

popularity as (
    select item_id, rating_count from {{ ref('priors.items') }}
),

users as (
    select user_id, original_id from {{ ref('staging.users') }}
),

items as (
    select item_id, original_id, name from {{ ref('staging.items') }}
),

named as (
    select
        reasons.user_id,
        reasons.track_id,
        reasons.kind,
        reasons.rating,
        coalesce(items.name, items.original_id, cast(reasons.item_id as varchar)) as rated
    from reasons
    left join items on reasons.item_id = items.item_id
),

final as (
    select
        best.user_id,
        best.rank,
        best.track_id,
        coalesce(users.original_id, cast(best.user_id as varchar)) as "user",
        coalesce(tracks.original_id, cast(best.track_id as varchar)) as item,
        tracks.name,
        best.score,
        case
            when reasons.kind is null
                then concat('popular: ', coalesce(popularity.rating_count, 0), ' ratings')
            when reasons.kind = 'neighbour' then concat('rated ', reasons.rated, ' ', reasons.rating)
            else concat('rated its ', reasons.kind, ' ', reasons.rated, ' ', reasons.rating)
        end as reason
    from best
    left join named as reasons on best.user_id = reasons.user_id and best.track_id = reasons.track_id
    left join popularity on best.track_id = popularity.item_id
    left join users on best.user_id = users.user_id
    left join items as tracks on best.track_id = tracks.item_id
)

select * from final
