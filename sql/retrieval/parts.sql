-- grain: a track to be scored with a rated item that has a weight for it
-- key: user_id, track_id
-- units: part_count counts the ratings that do, strongest_part is the largest part of one in the affinity
-- nulls: none
with

pairs as (
    select user_id, track_id from {{ ref('retrieval.pairs') }}
),

weights as (
    select item_i, item_j, weight from {{ ref('features.retrieval_weights') }}
),

heard as (
    select user_id, item_id, strength from {{ ref('retrieval.strengths') }}
),

final as (
    select
        heard.user_id,
        weights.item_i as track_id,
        count(*) as part_count,
        max(heard.strength * weights.weight) as strongest_part
    from heard
    inner join weights on heard.item_id = weights.item_j
    semi join pairs on heard.user_id = pairs.user_id and weights.item_i = pairs.track_id
    group by heard.user_id, weights.item_i
)

select * from final
