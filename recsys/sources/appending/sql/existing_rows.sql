{#- The rows of the data directory: those of the import and those that were appended since. ``wanted`` restricts them
to the values that this relation has in some columns. -#}
{% macro restriction(name, wanted, columns) -%}
{% if wanted -%}
semi join {{ wanted }} as wanted on {% for column in columns -%}
{{ ' and ' if not loop.first }}{{ name }}.{{ column }} = wanted.{{ column }}
{%- endfor %}
{%- endif %}
{%- endmacro %}
{% macro existing_rows(wanted=none, columns=()) -%}
(
        select user_id, item_id, value, epoch_us(time) as time, seq, null::bigint as added, null::timestamp as added_at
        from read_parquet($ratings) as ratings
        {{ restriction('ratings', wanted, columns) }}
        {% if has_appended -%}
        anti join (
            select user_id, item_id from read_parquet($appended) as later {{ restriction('later', wanted, columns) }}
        ) as replaced
            on ratings.user_id = replaced.user_id and ratings.item_id = replaced.item_id
        union all
        select user_id, item_id, value, epoch_us(time) as time, seq, added, added_at
        from read_parquet($appended) as later
        {{ restriction('later', wanted, columns) }}
        {%- endif %}
    )
{%- endmacro %}
