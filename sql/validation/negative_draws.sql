-- grain: one track drawn for a user by the law of high ratings
-- key: user_id, track_id
-- units: turn counts a user's draws from 0; a track that is drawn again keeps its first turn
-- nulls: none
-- formula: all high ratings are shuffled by a digest, and each user takes the next few: whoever draws a high
--   rating draws its track
with

likes as (
    select user_id, track_id from {{ ref('validation.likes') }}
),

users as (
    select user_id, ordinal from {{ ref('validation.users') }}
),

turns as (
    select unnest(range({{ var('validation.negative_draws') }})) as turn
),

digested as (
    select
        user_id,
        track_id,
        md5(concat(user_id, ' ', track_id, ' ', {{ var('validation.seed') }})) as digest
    from likes
),

foremost as (
    select user_id, track_id, digest
    from digested
    order by digest, user_id, track_id
    limit {{ var('validation.users') }} * {{ var('validation.negative_draws') }}
),

shuffled as (
    select track_id, row_number() over (order by digest, user_id, track_id) - 1 as place from foremost
),

taken as (
    select
        users.user_id,
        turns.turn,
        (users.ordinal * {{ var('validation.negative_draws') }} + turns.turn) % (select count(*) from likes) as place
    from users
    cross join turns
),

final as (
    select taken.user_id, shuffled.track_id, min(taken.turn) as turn
    from taken
    inner join shuffled on taken.place = shuffled.place
    group by taken.user_id, shuffled.track_id
)

select * from final
