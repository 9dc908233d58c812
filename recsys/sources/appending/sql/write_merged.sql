-- the ratings with those that were appended, in the order of one import of all of them
{% from 'rating.sql' import rating_columns with context -%}
{% from 'existing_rows.sql' import existing_rows with context -%}
copy (
    with

    coded as (
        select user_id, item_id, value, time, row_number() over (order by user_id, seq) as seq
        from {{ existing_rows() }}
    )

    select
        {{ rating_columns('coded.seq') }}
    from coded
    order by coded.seq
) to $path (format parquet)
