-- grain: one validation candidate: a held-out like or a sampled negative
-- key: user_id, track_id
-- units: label is 1 for a held-out like, 0 for a sampled negative
-- nulls: none
-- formula: for each user, as many held-out likes as there are sampled negatives; likes are picked in the
--   order of a hash
with

likes as (
    select user_id, track_id from {{ ref('validation.likes') }}
),

negatives as (
    select user_id, track_id from {{ ref('validation.sampled_negatives') }}
),

placed as (
    select
        likes.user_id,
        likes.track_id,
        row_number() over (
            partition by likes.user_id
            order by
                md5(concat(likes.user_id, '-', likes.track_id, '-', {{ var('validation.seed') }})),
                likes.track_id
        ) as place
    from likes
    semi join negatives on likes.user_id = negatives.user_id
),

final as (
    select user_id, track_id, 1 as label from placed where place <= {{ var('validation.held_out') }}
    union all
    select user_id, track_id, 0 as label from negatives
)

select * from final
