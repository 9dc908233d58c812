-- the 99th percentile of counts, between two neighbours as numpy.percentile has it
with

placed as (
    select value, sum(row_count) over (order by value) as up_to from value_counts
),

place as (
    select 0.99::double * (sum(row_count) - 1) as place from value_counts
),

ends as (
    select
        min(placed.value) filter (where placed.up_to > floor(place.place)) as low,
        min(placed.value) filter (where placed.up_to > ceil(place.place)) as high,
        any_value(place.place - floor(place.place)) as share
    from placed
    cross join place
)

select low + share * (high - low) as top_count from ends
