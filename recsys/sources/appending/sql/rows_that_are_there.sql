{#- The rows of the data directory, those of the import and those that were appended since; with ``wanted``, a
relation, those with its values of some columns alone. -#}
{% macro of_wanted(name, wanted, columns) -%}
{% if wanted -%}
semi join {{ wanted }} as wanted on {% for column in columns -%}
{{ ' and ' if not loop.first }}{{ name }}.{{ column }} = wanted.{{ column }}
{%- endfor %}
{%- endif %}
{%- endmacro %}
{% macro there(wanted=none, columns=()) -%}
(
        select user_id, item_id, value, epoch_us(time) as time, seq, null::bigint as added, null::timestamp as added_at
        from read_parquet($ratings) as ratings
        {{ of_wanted('ratings', wanted, columns) }}
        {% if has_appended -%}
        anti join (
            select user_id, item_id from read_parquet($appended) as later {{ of_wanted('later', wanted, columns) }}
        ) as replaced
            on ratings.user_id = replaced.user_id and ratings.item_id = replaced.item_id
        union all
        select user_id, item_id, value, epoch_us(time) as time, seq, added, added_at
        from read_parquet($appended) as later
        {{ of_wanted('later', wanted, columns) }}
        {%- endif %}
    )
{%- endmacro %}
