-- grain: one candidate whose track has a genre
-- key: user_id, track_id
-- units: everything but the counts on the scale 0..100; genre_var its square
-- nulls: genre_direct where the user rated none of the genres
-- formula: population variance; sums run in the order of genre_id, so that they repeat to the last digit
with

genre_values as (
    select user_id, track_id, genre_id, direct, value, value_flat from {{ ref('features.genre_values') }}
),

final as (
    select
        user_id,
        track_id,
        count(*) as genre_count,
        count(direct) as genre_rated,
        sum(direct) / count(direct) as genre_direct,
        max(value) as genre_max,
        min(value) as genre_min,
        avg(value order by genre_id) as genre_mean,
        var_pop(value order by genre_id) as genre_var,
        max(value_flat) as genre_max_flat,
        avg(value_flat order by genre_id) as genre_mean_flat
    from genre_values
    group by user_id, track_id
)

select * from final
