-- grain: one track sampled as a possible negative of a validation user
-- key: user_id, track_id
-- units: turn numbers a user's draws from 0; a track drawn twice keeps its first turn
-- nulls: none
-- formula: popularity-proportional negative sampling, as in the test's protocol: likes are shuffled by a
--   hash, and each user takes the tracks of the next validation.negative_draws likes
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

hashed as (
    select
        user_id,
        track_id,
        md5(concat(user_id, ' ', track_id, ' ', {{ var('validation.seed') }})) as digest
    from likes
),

sampled_likes as (
    select user_id, track_id, digest
    from hashed
    order by digest, user_id, track_id
    limit {{ [(var('validation.users') | int) * (var('validation.negative_draws') | int), 2147483647] | min }}
),

shuffled as (
    select track_id, row_number() over (order by digest, user_id, track_id) - 1 as place from sampled_likes
),

assigned as (
    select
        users.user_id,
        turns.turn,
        (users.ordinal * {{ var('validation.negative_draws') }} + turns.turn)
        % (select count(*) from likes) as place
    from users
    cross join turns
),

final as (
    select assigned.user_id, shuffled.track_id, min(assigned.turn) as turn
    from assigned
    inner join shuffled on assigned.place = shuffled.place
    group by assigned.user_id, shuffled.track_id
)

select * from final
