-- the rows of the file, each with the row of the same user and item that is there
{% from 'existing_rows.sql' import existing_rows with context -%}
{% set is_later = 'coalesce(coded.time >= old.time, true)' %}
{% set is_earlier = 'coalesce(coded.time < old.time, false)' %}
{% set values = {
    'last': 'case when ' ~ is_later ~ ' then coded.value else old.value end',
    'first': 'case when ' ~ is_earlier ~ ' then coded.value else old.value end',
    'max': 'greatest(coded.value, old.value)',
    'sum': 'coded.value + old.value',
    'one': '1.0::double',
} %}
create table joined as
with

old as (
    from {{ existing_rows('coded', ['user_id', 'item_id']) }}
)

select
    coded.user_id,
    coded.item_id,
    case when old.seq is null then coded.value else {{ values[rule] }} end as value,
    {{ 'least' if rule == 'first' else 'greatest' }}(coded.time, coalesce(old.time, coded.time)) as time,
    case
        when old.seq is null or {{ is_earlier if rule == 'first' else is_later }} then $last_seq + coded.place + 1
        else old.seq
    end as place,
    old.seq is not null as is_repeated,
    old.seq is not null and old.value = {{ values[rule] }}
    {{- " and not (" ~ (is_earlier if rule == 'first' else is_later) ~ ")" }} as is_unchanged
from coded
left join old on coded.user_id = old.user_id and coded.item_id = old.item_id
