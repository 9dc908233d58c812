-- the last likes of each user, as many as sampled negatives
create table truth as
with

placed as (
    select likes.user_id, likes.track_id, likes.rowid as place
    from likes
    semi join negatives on likes.user_id = negatives.user_id
),

lasts as (
    select user_id, max(place, $holdout) as places from placed group by user_id
),

found as (
    select unnest(places) as place from lasts
),

pairs as (
    select likes.user_id, likes.track_id, 1::smallint as label
    from found
    inner join likes on found.place = likes.rowid
    union all
    select user_id, track_id, 0::smallint as label from negatives
)

select user_id, track_id, label from pairs order by user_id, track_id
