-- one value of the data directory after the change, and how many rows have it
{% from 'rows_that_are_there.sql' import there with context -%}
create or replace table spread as
with

kept as (
    select there.value
    from {{ there() }} as there
    anti join changed on there.user_id = changed.user_id and there.item_id = changed.item_id
    union all
    select value from changed
)

select value, count(*) as row_count from kept group by value
