-- likes of each user in the order of a hash, as many as sampled negatives
{% from 'digest.sql' import seeded, mixed -%}
create table truth as
with

turns as (
    select likes.user_id, likes.track_id, {{ seeded('likes.user_id', 'likes.track_id') }} as digest
    from likes
    semi join negatives on likes.user_id = negatives.user_id
),

once as (
    select user_id, track_id, {{ mixed('digest') }} as digest from turns
),

ordered as (
    select user_id, (({{ mixed('digest') }}) << 31) | track_id as digest_and_track from once
),

found as (
    select user_id, min(digest_and_track, $holdout) as firsts from ordered group by user_id
),

pairs as (
    select user_id, (unnest(firsts) & 2147483647)::integer as track_id, 1::smallint as label from found
    union all
    select user_id, track_id, 0::smallint as label from negatives
)

select user_id, track_id, label from pairs order by user_id, track_id
