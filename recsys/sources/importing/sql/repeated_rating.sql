-- a user and an item with two ratings, if there is such a pair; sorting whole numbers is cheaper than grouping
with

pairs as (
    select (user_id::bigint << 32) | item_id as pair from read_parquet($path) order by pair
),

neighbours as (
    select pair, lag(pair) over () as pair_before from pairs
)

select pair >> 32 as user_id, pair & 4294967295 as item_id from neighbours where pair = pair_before limit 1
