-- of each user as many likes as unliked tracks were found, the first in the order of a digest
create table truth as
with

placed as (
    select
        likes.user_id,
        likes.track_id,
        row_number() over (
            partition by likes.user_id
            order by md5(concat_ws('-', likes.user_id, likes.track_id, $seed)), likes.track_id
        ) as place
    from likes
    semi join unliked on likes.user_id = unliked.user_id
)

select user_id, track_id, 1 as label from placed where place <= $holdout
union all
select user_id, track_id, 0 as label from unliked
