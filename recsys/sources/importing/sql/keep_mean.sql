-- of several ratings of one item by one user, their mean at the time of the last
create table kept as
with

placed as (
    select
        user_key,
        item_key,
        time,
        rowid as place,
        avg(rating) over (partition by user_key, item_key) as rating,
        row_number() over (partition by user_key, item_key order by time desc, rowid desc) as turn
    from events
)

select user_key, item_key, rating, time from placed where turn = 1 order by place
