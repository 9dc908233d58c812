{#- The rows of the data directory, those of the import and those that were appended since. -#}
{% macro there() -%}
(
        select user_id, item_id, value, epoch_us(time) as time, seq, null::bigint as added, null::timestamp as added_at
        from read_parquet($ratings) as ratings
        {% if has_appended -%}
        anti join (select user_id, item_id from read_parquet($appended)) as replaced
            on ratings.user_id = replaced.user_id and ratings.item_id = replaced.item_id
        union all
        select user_id, item_id, value, epoch_us(time) as time, seq, added, added_at
        from read_parquet($appended)
        {%- endif %}
    )
{%- endmacro %}
