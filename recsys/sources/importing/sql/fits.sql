-- numbers of rows of a sample with a number, a time or a kind in the columns that were guessed
{% from 'values.sql' import numeric, iso -%}
select
    {% if rating -%}
    count({{ numeric(rating, types[rating], decimal) }}) as rating,
    {% endif -%}
    {% if time -%}
    count({{ numeric(time, types[time], decimal) }}) as number,
    count({{ iso(time) }}) as iso,
    {% for format in formats -%}
    count(try_strptime(trim({{ time | quoted }}), '{{ format }}')) as f{{ loop.index0 }},
    {% endfor -%}
    {% endif -%}
    {% if kind_column -%}
    count(*) filter (
        where lower(trim({{ kind_column | quoted }}::varchar)) in ('track', 'album', 'artist', 'genre')
    ) as kind,
    {% endif -%}
    count(*) as row_count
from (select * from {% include 'scan.sql' %} limit $sample)
