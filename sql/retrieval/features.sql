-- grain: a track to be scored, with all that catalogue_ranker reads of it
-- key: user_id, track_id
-- rows: retrieval.pairs
-- units: affinity_place counts from 1, the best; *_rank 0..1 among the user's, 1 the highest; *_contrast in
--   natural logarithms; others as in the relations that it joins
-- nulls: part_count, strongest_part, level_value, affinity_share, *_direct, *_mean, *_liked_share,
--   genre_rating_*, genre_track_mean_max, user_deviation where there is no such rating
-- formula: the groups of features of Xie et al., KDD Cup 2011, less what needs everybody's history, and the
--   affinity, its place and its difference to the user's others
with

pairs as (
    select user_id, track_id from {{ ref('retrieval.pairs') }}
),

affinities as (
    select user_id, track_id, score as affinity from {{ ref('retrieval.scores_affinity') }}
),

parts as (
    select user_id, track_id, part_count, strongest_part from {{ ref('retrieval.parts') }}
),

levels as (
    select user_id, track_id, value as level_value from {{ ref('retrieval.levels') }}
),

content as (
    select user_id, track_id, score as content from {{ ref('retrieval.scores_content') }}
),

factors as (
    select user_id, track_id, score as taxonomy from {{ ref('retrieval.scores_taxonomy_factors') }}
),

history as (
    select * from {{ ref('retrieval.features_ranking_history') }}
),

genres as (
    select * from {{ ref('retrieval.features_ranking_genres') }}
),

users as (
    select * from {{ ref('retrieval.features_ranking_users') }}
),

items as (
    select * from {{ ref('retrieval.features_ranking_items') }}
),

joined as (
    select *
    from pairs
    inner join affinities using (user_id, track_id)
    left join parts using (user_id, track_id)
    left join levels using (user_id, track_id)
    inner join content using (user_id, track_id)
    inner join factors using (user_id, track_id)
    inner join history using (user_id, track_id)
    inner join genres using (user_id, track_id)
    inner join users using (user_id, track_id)
    inner join items using (user_id, track_id)
),

final as (
    select
        *,
        row_number() over (partition by user_id order by affinity desc, track_id) as affinity_place,
        affinity / nullif(max(affinity) over (partition by user_id), 0) as affinity_share,
        {{ rank_within_user('taxonomy') }} as taxonomy_rank,
        {{ minus_user_mean('taxonomy') }} as taxonomy_contrast,
        {{ rank_within_user('track_raters') }} as track_raters_rank,
        {{ minus_user_mean('ln(greatest(affinity, 0) + 0.01)') }} as affinity_contrast,
        {{ minus_user_mean('ln(track_raters + 1)') }} as track_raters_contrast
    from joined
)

select * from final
