-- rows that were appended after the import: `generation` numbers the change that wrote a row, `added` the one
-- that brought it
{% from 'rating.sql' import rating_columns with context -%}
copy (
    with

    coded as (
        {% if has_appended -%}
        select old.user_id, old.item_id, old.value, epoch_us(old.time) as time, old.seq, old.generation, old.added, old.added_at
        from read_parquet($appended) as old
        anti join changed on old.user_id = changed.user_id and old.item_id = changed.item_id
        union all
        {% endif -%}
        select user_id, item_id, value, time, seq, $generation::bigint as generation, added, added_at from changed
    )

    select
        {{ rating_columns('coded.seq') }},
        coded.generation,
        coded.added,
        coded.added_at
    from coded
    order by coded.seq
) to $path (format parquet)
