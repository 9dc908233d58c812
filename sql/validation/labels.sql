-- grain: one validation candidate
-- key: user_id, track_id
-- units: label 1 for a like that is held out, 0 for a track that is taken for unliked
-- nulls: none
-- formula: of each user as many likes as there are unliked tracks, the first in the order of a digest
with

likes as (
    select user_id, track_id from {{ ref('validation.likes') }}
),

unliked as (
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
    semi join unliked on likes.user_id = unliked.user_id
),

final as (
    select user_id, track_id, 1 as label from placed where place <= {{ var('validation.held_out') }}
    union all
    select user_id, track_id, 0 as label from unliked
)

select * from final
