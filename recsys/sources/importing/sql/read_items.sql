-- one row of the file of items; a genre is what stands between separators, or an element of a list
create table listed as
select
    nullif({{ item | quoted }}::varchar, '') as item_key,
    {{ 'nullif(' ~ (name | quoted) ~ "::varchar, '')" if name else 'null::varchar' }} as name,
    {{ "coalesce(nullif(lower(trim(" ~ (kind_column | quoted) ~ "::varchar)), ''), 'track')"
        if kind_column else "'track'" }} as kind,
    {{ 'nullif(' ~ (album | quoted) ~ "::varchar, '')" if album else 'null::varchar' }} as album,
    {{ 'nullif(' ~ (artist | quoted) ~ "::varchar, '')" if artist else 'null::varchar' }} as artist,
    {% if not genres -%}
    []::varchar[]
    {%- elif genres_are_list -%}
    coalesce({{ genres | quoted }}::varchar[], [])
    {%- else -%}
    coalesce(string_split({{ genres | quoted }}::varchar, $separator), [])
    {%- endif %} as genres
from {% include 'scan.sql' %}
