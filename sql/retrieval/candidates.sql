-- grain: a user, and one of the tracks that may suit the user
-- key: user_id, track_id
-- units: position counts the user's from 1
-- nulls: none
-- formula: tracks that go with what the user rated, the best of liked albums, artists and genres, and popular
--   ones for users with too few of these
with

users as (
    select user_id from {{ ref('retrieval.users') }}
),

ratings as (
    select user_id, item_id from {{ ref('retrieval.ratings') }}
),

popular as (
    select track_id, rating_count from {{ ref('features.popular_tracks') }}
),

request as (
    select k, includes_rated from {{ ref('retrieval.request') }}
),

proposed as (
    select user_id, track_id from {{ ref('retrieval.affinities') }}
    union
    select user_id, track_id from {{ ref('retrieval.levels') }}
),

counts as (
    select user_id, count(*) as proposed_count from proposed group by user_id
),

further as (
    select users.user_id, popular.track_id
    from users
    cross join popular
    cross join request
    left join counts on users.user_id = counts.user_id
    left join ratings on users.user_id = ratings.user_id and popular.track_id = ratings.item_id
    where coalesce(counts.proposed_count, 0) < greatest(request.k, {{ var('recommend.enough') }})
        and (ratings.item_id is null or request.includes_rated)
),

retrieved as (
    select user_id, track_id from proposed
    union
    select user_id, track_id from further
),

final as (
    select user_id, track_id, row_number() over (partition by user_id order by track_id) as position
    from retrieved
)

select * from final
