-- grain: a retrieved track
-- key: user_id, track_id
-- rows: retrieval.candidates
-- units: affinity, comparable within a user
-- nulls: none
-- formula: affinity; equal ones by the best rating of the track's album, artist or genres
with

candidates as (
    select user_id, track_id from {{ ref('retrieval.candidates') }}
),

affinities as (
    select user_id, track_id, affinity from {{ ref('retrieval.affinities') }}
),

levels as (
    select user_id, track_id, value from {{ ref('retrieval.levels') }}
),

final as (
    select
        candidates.user_id,
        candidates.track_id,
        coalesce(affinities.affinity, 0)
        + {{ var('recommend.level_share') }} * coalesce(levels.value, 0) as score
    from candidates
    left join affinities
        on candidates.user_id = affinities.user_id and candidates.track_id = affinities.track_id
    left join levels on candidates.user_id = levels.user_id and candidates.track_id = levels.track_id
)

select * from final
