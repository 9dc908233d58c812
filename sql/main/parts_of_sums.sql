-- grain: what one term adds to the score of a pair of a user and a track by a model that is a sum
-- arguments: the_user, the_track
-- units: value as the term has it, weight what it is multiplied with; amount on the scale of the model
-- nulls: item_id, value, weight of what is about no item, or is no product
-- formula: as in scores.content, scores.als_raw_blend, scores.als_normalized_blend, scores.als_rank_blend and
--   scores.taxonomy_factors; the raw blend starts with M, and its terms are weight (value - M)
{% set als = ref_all('features.als') %}
{% set factors = ref_all('learned.item_factors') %}
{% set levels = ['track', 'album', 'artist', 'genre'] %}
{% set base = {'raw': 'overall.rating_mean', 'normalized': '0', 'rank': '0'} %}
{% set als_weight -%}
{%- for level in levels %}{{ var('als_blend.' ~ level) }}{{ '' if loop.last else ' + ' }}{% endfor -%}
{%- endset %}
with

history as (
    select item_id, rating from {{ ref('main.history_of') }}(the_user)
),

track as (
    select track_id, album_id, artist_id from {{ ref('hierarchy.track_lineage') }} where track_id = the_track
),

heard as (
    select lineage.track_id, lineage.album_id, lineage.artist_id, history.rating
    from history
    inner join {{ ref('hierarchy.track_lineage') }} as lineage on history.item_id = lineage.track_id
),

pair as (
    select
        the_track as track_id,
        any_value(track.album_id) as album_id,
        any_value(track.artist_id) as artist_id,
        (select rating from history where item_id = any_value(track.album_id)) as album_direct,
        (select rating from history where item_id = any_value(track.artist_id)) as artist_direct
    from track
),

means as (
    select
        sum(heard.rating) filter (where heard.album_id = track.album_id and heard.track_id <> the_track)
        / count(*) filter (where heard.album_id = track.album_id and heard.track_id <> the_track)
            as sibling_mean,
        sum(heard.rating) filter (where heard.artist_id = track.artist_id)
        / count(*) filter (where heard.artist_id = track.artist_id) as artist_track_mean
    from heard
    cross join track
),

overall as (
    select rating_mean from {{ ref('priors.overall') }}
),
{% if als %}
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
{% endif %}
{%- if factors %}
weights as (
    select
        max(case when feature = 'album_rating' then weight end) as album_rating,
        max(case when feature = 'album_liked' then weight end) as album_liked,
        max(case when feature = 'artist_rating' then weight end) as artist_rating,
        max(case when feature = 'artist_liked' then weight end) as artist_liked
    from {{ ref('learned.history_weights') }}
),

users as (
    select factors from {{ ref('learned.user_factors') }} where user_id = the_user
),

items as (
    select factors, bias from {{ factors[0] }} where item_id = the_track
),
{% endif %}
terms as (
    select
        'content' as model, 'start' as level, 'unlinked' as source, null::integer as item_id,
        null::double as value, null::double as weight,
        case when album_id is null and artist_id is null then {{ var('content.unlinked') }}::double else 0 end
            as amount
    from pair
    union all
    select 'content', 'album', 'direct', album_id, album_direct, 1, album_direct as amount from pair
    union all
    select 'content', 'artist', 'direct', artist_id, artist_direct, 1, artist_direct as amount from pair
    union all
    select
        'content', 'album', 'sibling', pair.album_id, means.sibling_mean, 1, means.sibling_mean as amount
    from pair
    cross join means
    union all
    select
        'content', 'artist', 'tracks', pair.artist_id, means.artist_track_mean, 1,
        means.artist_track_mean as amount
    from pair
    cross join means
    {%- if als %}
    {%- for blend in ['raw', 'normalized', 'rank'] %}
    union all
    select
        'als_{{ blend }}_blend', 'start', '{{ 'mean' if blend == 'raw' else 'none' }}', null, null, null,
        {{ base[blend] }} * ({{ als_weight }})
    from pair
    inner join blends on pair.track_id = blends.track_id
    cross join overall
    {%- for level in levels %}
    union all
    select
        'als_{{ blend }}_blend', '{{ level }}', 'als',
        {{ 'pair.' ~ level ~ '_id' if level != 'genre' else 'null' }},
        blends.{{ level }}_{{ blend }}, {{ var('als_blend.' ~ level) }},
        {{ var('als_blend.' ~ level) }} * (blends.{{ level }}_{{ blend }} - {{ base[blend] }})
    from pair
    inner join blends on pair.track_id = blends.track_id
    cross join overall
    {%- endfor %}
    {%- endfor %}
    {%- endif %}
    {%- if factors %}
    union all
    select 'taxonomy_factors', 'start', 'bias', pair.track_id, null, null, coalesce(items.bias, 0)
    from pair
    left join items on true
    union all
    select
        'taxonomy_factors', 'track', 'factors', pair.track_id, null, null,
        coalesce({{ dot_product('users.factors', 'items.factors') }}, 0)
    from pair
    left join users on true
    left join items on true
    {%- for level in ['album', 'artist'] %}
    union all
    select
        'taxonomy_factors', '{{ level }}', 'direct', pair.{{ level }}_id, pair.{{ level }}_direct,
        weights.{{ level }}_rating / 100.0, weights.{{ level }}_rating * pair.{{ level }}_direct / 100.0
    from pair
    cross join weights
    union all
    select
        'taxonomy_factors', '{{ level }}', 'liked', pair.{{ level }}_id, null, null,
        case
            when pair.{{ level }}_direct >= {{ var('taxonomy_factors.certain') }}
                then weights.{{ level }}_liked
        end
    from pair
    cross join weights
    {%- endfor %}
    {%- endif %}
),

final as (
    select model, level, source, item_id, value, weight, amount from terms where amount is not null
)

select * from final
