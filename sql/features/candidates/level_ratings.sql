-- grain: one candidate whose album or artist the user rated
-- key: user_id, track_id
-- units: ratings 0..100
-- nulls: album_direct, artist_direct where the user did not rate it (one of the two is always present)
with

evidence as (
    select user_id, track_id, level, rating from {{ ref('features.nearby_ratings') }}
),

final as (
    select
        user_id,
        track_id,
        max(rating) filter (where level = 'album') as album_direct,
        max(rating) filter (where level = 'artist') as artist_direct
    from evidence
    where level in ('album', 'artist')
    group by user_id, track_id
)

select * from final
