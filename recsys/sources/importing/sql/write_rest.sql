-- the ratings without those that are held out
copy (
    select rated.user_id, rated.item_id, rated.rating, rated.rowid + 1 as seq
    from rated
    anti join (select user_id, track_id from truth where label = 1) as held_out
        on rated.user_id = held_out.user_id and rated.item_id = held_out.track_id
) to $path (format parquet)
