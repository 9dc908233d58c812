-- the users of whom likes can be held out, and who still lack tracks that they did not rate
create table lacking as
select user_id from likes group by user_id having count(*) >= 2 * $holdout::bigint
