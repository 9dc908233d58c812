-- grain: what one level adds to a candidate's score by a blend of ALS predictions
-- arguments: the_user, the_track
-- units: value of the term, weight it is multiplied with; amount on the model's scale, that of als_raw_blend
--   on the owner's
-- nulls: item_id, value, weight of a term without an item, or that is not a product
-- formula: as in scores.als_raw_blend (starts with M, terms weight (value - M)), scores.als_normalized_blend
--   and scores.als_rank_blend (start with 0)
{% set als = ref_all('features.als') %}
{% set levels = ['track', 'album', 'artist', 'genre'] %}
{% set base = {'raw': 'rating_mean', 'normalized': '0', 'rank': '0'} %}
{% set weights -%}
{%- for level in levels %}{{ var('als_blend.' ~ level) }}{{ '' if loop.last else ' + ' }}{% endfor -%}
{%- endset %}
with

{% if als -%}
lineage as (
    select track_id, album_id, artist_id from {{ ref('hierarchy.track_lineage') }} where track_id = the_track
),

overall as (
    select rating_mean from {{ ref('priors.overall') }}
),

als as (
    select user_id, track_id, track_score, album_score, artist_score, genre_score
    from {{ als[0] }}
    where user_id = the_user
),

blends as (
    select
        {%- for level in levels %}
        {{ level }}_score as {{ level }}_raw,
        {{ z_score(level ~ '_score') }} as {{ level }}_normalized,
        {{ rank_within_user(level ~ '_score') }} as {{ level }}_rank,
        {%- endfor %}
        track_id
    from als
),

pair as (
    select blends.*, lineage.album_id, lineage.artist_id, overall.rating_mean
    from blends
    left join lineage on blends.track_id = lineage.track_id
    cross join overall
    where blends.track_id = the_track
),

parts as (
    {%- for blend in base %}
    select
        'als_{{ blend }}_blend' as model, 'start' as level,
        '{{ 'mean' if blend == 'raw' else 'none' }}' as source,
        null::integer as item_id, null::double as value, null::double as weight,
        {{ base[blend] }} * ({{ weights }}) as amount
    from pair
    {%- for level in levels %}
    union all
    select
        'als_{{ blend }}_blend', '{{ level }}', 'als', {{ level ~ '_id' if level != 'genre' else 'null' }},
        {{ level }}_{{ blend }}, {{ var('als_blend.' ~ level) }},
        {{ var('als_blend.' ~ level) }} * ({{ level }}_{{ blend }} - {{ base[blend] }})
    from pair
    {%- endfor %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)
{%- else -%}
parts as (
    {{ no_contributions() }}
)
{%- endif %},

final as (
    {{ ordered_steps('parts', ref('internal.user_ratings'), on_ratings="steps.model = 'als_raw_blend'") }}
)

select * from final
