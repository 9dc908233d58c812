-- users of whom a row is not the latest one: all their rows are put in the order of time
{% from 'existing_rows.sql' import existing_rows with context -%}
create table late_users as
with

latest as (
    select existing.user_id, max(existing.time) as time
    from {{ existing_rows('joined', ['user_id']) }} as existing
    group by existing.user_id
)

select distinct joined.user_id
from joined
inner join latest on joined.user_id = latest.user_id
where not joined.is_unchanged and (joined.place <= $last_seq or joined.time < latest.time)
