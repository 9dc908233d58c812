-- grain: a class of users by their number of ratings
-- key: at_least
-- units: at_least is a power of 2; rating_mean on the owner's scale, the mean of the users' means
-- nulls: none
with

users as (
    select rating_count, rating_mean from {{ ref('marts.user_activity') }}
),

final as (
    select
        (1 << (length(bin(rating_count)) - 1))::integer as at_least,
        count(*) as users,
        median(rating_count) as rating_count,
        fsum(rating_mean) / count(*) as rating_mean
    from users
    group by at_least
)

select * from final order by at_least
