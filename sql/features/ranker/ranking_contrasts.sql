-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: *_rank 0..1 among the user's candidates, 1 the highest; *_contrast in natural logarithms
-- nulls: track_bayes_mean_contrast where the track, or all of the user's candidates, have no ratings
-- formula: exactly half of a user's candidates are liked, so values relative to the user's other candidates
--   are more informative: the rank, and ln(x + floor) minus its mean over the user's candidates; scores of
--   taxonomy factors, if learned, are logarithms already
{% set floors = {
    'content': 1, 'adaptive': 1, 'likeness': 0.0001, 'likeness_penalised': 0.00001, 'likeness_plain': 0.00001,
    'cosine': 0.0001, 'track_raters': 1, 'album_raters': 1, 'artist_raters': 1, 'track_bayes_mean': 1,
} %}
{% set factors = ref_all('scores.taxonomy_factors') %}
{% set measures = (floors | list) + (['taxonomy'] if factors else []) %}
with

{% if factors -%}
taxonomy as (
    select user_id, track_id, score as taxonomy from {{ factors[0] }}
),

{% endif -%}

content as (
    select user_id, track_id, score as content from {{ ref('scores.content') }}
),

adaptive as (
    select user_id, track_id, score as adaptive from {{ ref('scores.adaptive') }}
),

neighbours as (
    select user_id, track_id, likeness, likeness_penalised, likeness_plain, cosine
    from {{ ref('features.ranking_neighbours') }}
),

items as (
    select user_id, track_id, track_raters, album_raters, artist_raters, track_bayes_mean
    from {{ ref('features.ranking_items') }}
),

joined as (
    select content.user_id, content.track_id, {{ measures | join(', ') }}
    from content
    inner join adaptive on content.user_id = adaptive.user_id and content.track_id = adaptive.track_id
    inner join neighbours on content.user_id = neighbours.user_id and content.track_id = neighbours.track_id
    inner join items on content.user_id = items.user_id and content.track_id = items.track_id
    {%- if factors %}
    inner join taxonomy on content.user_id = taxonomy.user_id and content.track_id = taxonomy.track_id
    {%- endif %}
),

logarithms as (
    select
        {%- for measure in measures %}
        {{ 'ln(' ~ measure ~ ' + ' ~ floors[measure] ~ ')' if measure in floors else measure }}
            as {{ measure }}_log,
        {{ rank_within_user(measure) }} as {{ measure }}_rank,
        {%- endfor %}
        user_id,
        track_id
    from joined
),

final as (
    select
        {%- for measure in measures %}
        {{ measure }}_rank,
        {{ minus_user_mean(measure ~ '_log') }} as {{ measure }}_contrast,
        {%- endfor %}
        user_id,
        track_id
    from logarithms
)

select * from final
