-- grain: one candidate whose track has a genre
-- key: user_id, track_id
-- units: all but the counts on the scale 0..100; genre_var in its square
-- nulls: genre_direct where the user rated none of the genres
-- formula: population variance; summed in the order of the values, so that the result does not depend on the
--   number of threads
with

genre_values as (
    select user_id, track_id, genre_id, direct, value, value_flat from {{ ref('features.genre_values') }}
),

gathered as (
    select
        user_id,
        track_id,
        count(*) as genre_count,
        count(direct) as genre_rated,
        sum(direct) / count(direct) as genre_direct,
        list_sort(list(value)) as sorted,
        list_sort(list(value_flat)) as sorted_flat
    from genre_values
    group by user_id, track_id
),

final as (
    select
        user_id,
        track_id,
        genre_count,
        genre_rated,
        genre_direct,
        sorted[-1] as genre_max,
        sorted[1] as genre_min,
        list_avg(sorted) as genre_mean,
        list_var_pop(sorted) as genre_var,
        sorted_flat[-1] as genre_max_flat,
        list_avg(sorted_flat) as genre_mean_flat
    from gathered
)

select * from final
