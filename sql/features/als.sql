-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: *_score on the scale 0..100, not clipped to it; *_source is 'als', 'prior' or 'global'
-- nulls: none; a level on which the track has no item is M, 'global'
{% set levels = ['track', 'album', 'artist', 'genre'] %}
with

candidates as (
    select user_id, track_id from {{ ref('staging.candidates') }}
),

levels as (
    select user_id, track_id, level, als_score, als_source from {{ ref('features.als_levels') }}
),

overall as (
    select rating_mean as overall_mean from {{ ref('priors.overall') }}
),

side_by_side as (
    select
        user_id,
        track_id
        {%- for level in levels %},
        max(als_score) filter (where level = '{{ level }}') as {{ level }}_score,
        max(als_source) filter (where level = '{{ level }}') as {{ level }}_source
        {%- endfor %}
    from levels
    group by user_id, track_id
),

final as (
    select
        candidates.user_id,
        candidates.track_id
        {%- for level in levels %},
        coalesce(side_by_side.{{ level }}_score, overall.overall_mean) as {{ level }}_score,
        coalesce(side_by_side.{{ level }}_source, 'global') as {{ level }}_source
        {%- endfor %}
    from candidates
    cross join overall
    left join side_by_side
        on candidates.user_id = side_by_side.user_id and candidates.track_id = side_by_side.track_id
)

select * from final
