-- one value, and how many rows have it
create or replace table spread as
select value, count(*) as row_count from {{ relation }} group by value
