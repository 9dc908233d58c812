-- a value and its number of rows, in the data directory after the change
{% from 'existing_rows.sql' import existing_rows with context -%}
create or replace table value_counts as
with

kept as (
    select existing.value
    from {{ existing_rows() }} as existing
    anti join changed on existing.user_id = changed.user_id and existing.item_id = changed.item_id
    union all
    select value from changed
)

select value, count(*) as row_count from kept group by value
