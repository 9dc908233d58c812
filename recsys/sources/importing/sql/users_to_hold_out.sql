-- users with enough likes to hold out, until they have their sampled negatives
create table users_to_hold_out as
select user_id from likes group by user_id having count(*) >= 2 * $holdout::bigint
