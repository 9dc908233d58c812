-- users of whom a row is not the latest one: all their rows are put in the order of time
{% from 'rows_that_are_there.sql' import there with context -%}
create table late_users as
with

latest as (
    select there.user_id, max(there.time) as time
    from {{ there('joined', ['user_id']) }} as there
    group by there.user_id
)

select distinct joined.user_id
from joined
inner join latest on joined.user_id = latest.user_id
where not joined.is_unchanged and (joined.place <= $last_seq or joined.time < latest.time)
