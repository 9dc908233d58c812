-- grain: a number of levels (album direct or by siblings, artist, genres) rated by the user
-- key: rated_levels
-- units: accuracy of the model adaptive on the candidates with that number, 0..1
-- nulls: liked_share, accuracy where none of the candidates has a known answer
with

features as (
    select
        user_id,
        track_id,
        (coalesce(album_direct, sibling_mean) is not null)::int
        + (artist_direct is not null)::int
        + (genre_direct is not null)::int as rated_levels
    from {{ ref('features.candidates') }}
),

predictions as (
    select user_id, track_id, predicted from {{ ref('marts.predictions') }} where model = 'adaptive'
),

judged as (
    select user_id, track_id, label from {{ ref('marts.ground_truth') }}
),

final as (
    select
        features.rated_levels,
        count(*) as candidates,
        count(judged.label) as judged_candidates,
        avg(judged.label) as liked_share,
        avg((predictions.predicted = judged.label)::int) as accuracy
    from features
    inner join predictions
        on features.user_id = predictions.user_id and features.track_id = predictions.track_id
    left join judged on features.user_id = judged.user_id and features.track_id = judged.track_id
    group by features.rated_levels
)

select * from final order by rated_levels
