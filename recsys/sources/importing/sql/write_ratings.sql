-- the ratings{{ ' without those that are held out' if is_held_out else '' }}
{% from 'rating.sql' import rating_columns with context -%}
copy (
    select
        {{ rating_columns('coded.rowid + 1') }}
    from coded
    {% if is_held_out -%}
    anti join (select user_id, track_id from truth where label = 1) as held_out
        on coded.user_id = held_out.user_id and coded.item_id = held_out.track_id
    {%- endif %}
) to $path (format parquet)
