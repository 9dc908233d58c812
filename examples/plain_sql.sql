-- A warehouse is a DuckDB file: any client of version 1.5 or newer reads it, without this program.
--
--   duckdb < plain_sql.sql
--
-- It reads warehouse/recsys.duckdb, which `recsys build` made.

attach 'warehouse/recsys.duckdb' as warehouse (read_only);
use warehouse;

-- How good is each model?
select model, round(accuracy, 3) as accuracy, users
from marts.leaderboard
order by accuracy desc;

-- Which users does the best model of the leaderboard know least about?
with best as (
    select model from marts.leaderboard order by accuracy desc, model limit 1
)

select predictions.user_id, count(*) filter (where features.album_source = 'global') as unknown_albums
from marts.predictions as predictions
inner join best using (model)
inner join features.candidates as features using (user_id, track_id)
group by predictions.user_id
order by unknown_albums desc, predictions.user_id
limit 5;

-- What is the best-ranked candidate of one of them made of?
set variable the_user = (select min(user_id) from staging.candidates);
set variable the_track = (
    select track_id from marts.predictions
    where model = 'adaptive' and user_id = getvariable('the_user') and rank = 1
);

select level, evidence, value, weight, contribution
from explain(getvariable('the_user'), getvariable('the_track'), 'adaptive')
where contribution > 0;

-- Predictions leave as a file.
copy (from submission('adaptive')) to 'submission.csv' (header);
