-- popularity-proportional negative sampling: a hash picks one of all likes, and its track is taken if the user did
-- not rate it; users with too few negatives stay in `users_to_hold_out`
{% from 'digest.sql' import seeded, mixed -%}
insert into negatives
with

turns as (
    select users_to_hold_out.user_id, turn.turn, {{ seeded('users_to_hold_out.user_id', 'turn.turn') }} as digest
    from users_to_hold_out
    cross join (select unnest(range($turns)) as turn) as turn
),

once as (
    select user_id, turn, {{ mixed('digest') }} as digest from turns
),

drawn as (
    select user_id, turn, {{ mixed('digest') }} % (select count(*) from likes) as place from once
),

tracks as (
    select drawn.user_id, likes.track_id, min(drawn.turn) as turn
    from drawn
    inner join likes on drawn.place = likes.rowid
    group by drawn.user_id, likes.track_id
),

unmet as (
    select tracks.user_id, (tracks.turn::bigint << 31) | tracks.track_id as turn_and_track
    from tracks
    anti join coded on tracks.user_id = coded.user_id and tracks.track_id = coded.item_id
),

found as (
    select user_id, min(turn_and_track, $holdout) as firsts
    from unmet
    group by user_id
    having count(*) >= $holdout
)

select user_id, (unnest(firsts) & 2147483647)::integer as track_id from found
