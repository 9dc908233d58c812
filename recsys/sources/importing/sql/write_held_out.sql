-- the likes that are held out: their users must not get them recommended
copy (
    select coded.user_id, coded.item_id, coded.value
    from coded
    semi join (select user_id, track_id from truth where label = 1) as held_out
        on coded.user_id = held_out.user_id and coded.item_id = held_out.track_id
    order by coded.user_id, coded.item_id
) to $path (format parquet)
