-- a value and its number of rows
create or replace table value_counts as
select value, count(*) as row_count from {{ relation }} group by value
