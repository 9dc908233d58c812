-- grain: one candidate with all features of the ranker
-- key: user_id, track_id
-- rows: staging.candidates
-- units: as in the relations joined
-- nulls: *_direct, *_mean, *_share where there is no such rating; genre_rating_*, genre_track_mean_max,
--   track_bayes_mean_contrast, user_deviation, strongest_weight for the same reason
-- formula: feature groups of Xie et al., KDD Cup 2011, JMLR W&CP 18
with

history as (
    select * from {{ ref('features.ranking_history') }}
),

genres as (
    select * from {{ ref('features.ranking_genres') }}
),

users as (
    select * from {{ ref('features.ranking_users') }}
),

items as (
    select * from {{ ref('features.ranking_items') }}
),

neighbours as (
    select * from {{ ref('features.ranking_neighbours') }}
),

contrasts as (
    select * from {{ ref('features.ranking_contrasts') }}
),

final as (
    select *
    from history
    inner join genres using (user_id, track_id)
    inner join users using (user_id, track_id)
    inner join items using (user_id, track_id)
    inner join neighbours using (user_id, track_id)
    inner join contrasts using (user_id, track_id)
)

select * from final
