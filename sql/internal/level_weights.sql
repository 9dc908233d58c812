-- grain: one level of a pair of a user and a track, as the model adaptive weights it
-- arguments: the_user, the_track
-- units: weight is the level's share in the score, 0..1; source is its fallback level
-- nulls: source of the genres where the user rated none of them, because each then has its own
-- formula: weights renormalised over the levels that the user rated; the weights of parameters.toml where
--   there are none, or none with a weight
{% set levels = ['album', 'artist', 'genre'] %}
with

features as (
    select album_source, artist_source, case when genre_rated > 0 then 'direct' end as genre_source
    from {{ ref('internal.pair_features') }}(the_user, the_track)
),

levels as (
    {%- for level in levels %}
    select
        '{{ level }}' as level,
        {{ level }}_source as source,
        coalesce({{ level }}_source in ('direct', 'sibling'), false) as is_rated,
        {{ var('adaptive.' ~ level) }}::double as full_weight
    from features
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

summed as (
    select sum(full_weight order by level) filter (where is_rated) as rated_weight from levels
),

final as (
    select
        levels.level,
        levels.source,
        case
            when coalesce(summed.rated_weight, 0) = 0 then levels.full_weight
            when levels.is_rated then levels.full_weight / summed.rated_weight
            else 0
        end as weight
    from levels
    cross join summed
)

select * from final
