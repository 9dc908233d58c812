-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score is log odds, up to a constant per user
-- nulls: none
-- needs: staging.candidates
-- formula: U_u . I_i + b_i + w . [r(u, album) / 100, r(u, album) >= like_threshold, r(u, artist) / 100, r(u,
--   artist) >= like_threshold], each 0 if missing (Mnih, KDD Cup 2011, JMLR W&CP 18)
-- steps: internal.contributions_factors
{% set liked = var('taxonomy_factors.like_threshold') %}
with

features as (
    select user_id, track_id, album_direct, artist_direct from {{ ref('features.candidates') }}
),

users as (
    select user_id, factors from {{ ref('learned.user_factors') }}
),

items as (
    select item_id, factors, bias from {{ ref('learned.item_factors') }}
),

weights as (
    select
        max(case when feature = 'album_rating' then weight end) as album_rating,
        max(case when feature = 'album_liked' then weight end) as album_liked,
        max(case when feature = 'artist_rating' then weight end) as artist_rating,
        max(case when feature = 'artist_liked' then weight end) as artist_liked
    from {{ ref('learned.history_weights') }}
),

final as (
    select
        features.user_id,
        features.track_id,
        coalesce({{ dot_product('users.factors', 'items.factors') }}, 0)
        + coalesce(items.bias, 0)
        + coalesce(weights.album_rating * features.album_direct / 100.0, 0)
        + case when features.album_direct >= {{ liked }} then weights.album_liked else 0 end
        + coalesce(weights.artist_rating * features.artist_direct / 100.0, 0)
        + case when features.artist_direct >= {{ liked }} then weights.artist_liked else 0 end as score
    from features
    cross join weights
    left join users on features.user_id = users.user_id
    left join items on features.track_id = items.item_id
)

select * from final
