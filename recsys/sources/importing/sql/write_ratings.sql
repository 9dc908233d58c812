-- the ratings{{ ' without those that are held out' if is_held_out else '' }}
{% from 'rating.sql' import rating with context -%}
copy (
    select
        coded.user_id,
        coded.item_id,
        {{ rating() }} as rating,
        coded.rowid + 1 as seq,
        coded.value,
        {{ 'make_timestamp(coded.time)' if has_time else 'null::timestamp' }} as time
    from coded
    {% if is_held_out -%}
    anti join (select user_id, track_id from truth where label = 1) as held_out
        on coded.user_id = held_out.user_id and coded.item_id = held_out.track_id
    {%- endif %}
) to $path (format parquet)
