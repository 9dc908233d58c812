-- of several rows of one user and item, one: at the time and place of the {{ 'first' if rule == 'first' else 'last' }}
{% set values = {
    'last': 'last(value order by time, place)',
    'first': 'first(value order by time, place)',
    'mean': 'sum(value order by value) / count(*)',
    'max': 'max(value)',
    'sum': 'sum(value order by value)',
    'count': 'count(*)::double',
    'one': '1.0::double',
} %}
create table merged as
with

pairs as (
    select
        user_id,
        item_id,
        {{ values[rule] }} as value,
        {{ 'min' if rule == 'first' else 'max' }}(time) as time,
        {{ 'first' if rule == 'first' else 'last' }}(place order by time, place) as place
    from coded
    group by user_id, item_id
)

select user_id, item_id, value, time, place from pairs order by user_id, time, place;
drop table coded;
alter table merged rename to coded
