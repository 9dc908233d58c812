-- one row of the file of items; a genre is what stands between separators, an element of a list, or a column
-- of 0 and 1
{% from 'values.sql' import text -%}
create table listed as
select
    {{ text(item, types[item]) }} as item_key,
    {{ text(name, types[name]) if name else 'null::varchar' }} as name,
    {{ "coalesce(lower(" ~ text(kind_column, types[kind_column]) ~ "), 'track')" if kind_column else "'track'" }}
        as kind,
    {{ text(album, types[album]) if album else 'null::varchar' }} as album,
    {{ text(artist, types[artist]) if artist else 'null::varchar' }} as artist,
    {% if flags -%}
    list_filter(
        [
            {% for flag in flags -%}
            case when {{ flag | quoted }} = '1' then {{ flag | literal }} end{{ '' if loop.last else ',' }}
            {% endfor -%}
        ],
        lambda genre: genre is not null
    )
    {%- elif not genres -%}
    []::varchar[]
    {%- elif genres_are_list -%}
    coalesce({{ genres | quoted }}::varchar[], [])
    {%- else -%}
    coalesce(string_split({{ genres | quoted }}::varchar, $separator), [])
    {%- endif %} as genres
    {%- for column in attributes %},
    {% if types[column] == 'VARCHAR' -%}
    nullif(trim({{ column | quoted }}), '')
    {%- else -%}
    {{ column | quoted }}
    {%- endif %} as attribute_{{ loop.index0 }}
    {%- endfor %}
from {% include 'scan.sql' %}
