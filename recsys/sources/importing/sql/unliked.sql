-- tracks that a user with enough likes did not rate, drawn by the law of high ratings: a digest picks one of all
-- high ratings, and its track is taken; a user for whom too few are found has none
create table unliked as
with

eligible as (
    select user_id from likes group by user_id having count(*) >= 2 * $holdout
),

turns as (
    select eligible.user_id, turn.turn
    from eligible
    cross join (select unnest(range($holdout * $draws)) as turn) as turn
),

drawn as (
    select
        user_id,
        turn,
        (md5_number_lower(concat_ws(' ', user_id, turn, $seed)) % (select count(*) from likes))::bigint as place
    from turns
),

tracks as (
    select drawn.user_id, likes.track_id, min(drawn.turn) as turn
    from drawn
    inner join likes on drawn.place = likes.place
    group by drawn.user_id, likes.track_id
),

unmet as (
    select tracks.user_id, tracks.track_id, tracks.turn
    from tracks
    anti join read_parquet($path) as rated
        on tracks.user_id = rated.user_id and tracks.track_id = rated.item_id
),

placed as (
    select
        user_id,
        track_id,
        row_number() over (partition by user_id order by turn) as turn,
        count(*) over (partition by user_id) as found
    from unmet
)

select user_id, track_id from placed where turn <= $holdout and found >= $holdout
