-- grain: what one rating of the user adds to a track's score by a model of item-to-item weights
-- arguments: the_user, the_track
-- units: value is the rating, on the owner's scale; weight that of the pair of items; amount on the model's
--   scale
-- nulls: item_id, value, weight of the sum of the smaller contributions
-- formula: as in scores.item_neighbours, which has parts of test items only, and in scores.ease; the largest
--   parts, and all others as one
{% set most = 8 %}
{% set learned = ref_all('learned.item_weights') if ref_all('scores.ease') else [] %}
with

history as (
    select item_id, rating, is_like from {{ ref('internal.user_ratings') }}(the_user)
),

counts as (
    select rating_count from {{ ref('priors.items') }} where item_id = the_track
),

candidates as (
    select track_id from {{ ref('staging.candidates') }} where user_id = the_user and track_id = the_track
),

content as (
    select score from {{ ref('scores.content') }} where user_id = the_user and track_id = the_track
),

terms as (
    select
        'item_neighbours' as model, history.item_id, history.rating, near.weight,
        pow(1 + history.rating, {{ var('item_neighbours.rating_power') }}) * near.weight
        / pow(counts.rating_count, {{ var('item_neighbours.popularity_power') }}) as amount
    from history
    inner join {{ ref('features.item_weights') }} as near on history.item_id = near.item_j
    cross join counts
    where near.item_i = (select track_id from candidates)
    {%- if learned %}
    union all
    select
        'ease', history.item_id, history.rating, near.weight,
        near.weight * case
            when history.is_like then 1.0::double
            else {{ var('ease.other_weight') }}
        end / pow(counts.rating_count, {{ var('ease.popularity_power') }})
    from history
    inner join {{ learned[0] }} as near on history.item_id = near.item_j
    cross join counts
    where near.item_i = the_track
    {%- endif %}
),

ranked as (
    select
        *,
        row_number() over (partition by model order by abs(amount) desc, item_id) <= {{ most }} as is_named
    from terms
),

parts as (
    select model, 'track' as level, 'neighbour' as source, item_id, rating::double as value, weight, amount
    from ranked
    where is_named
    union all
    select model, 'track', 'others', null, null, null, sum(amount order by item_id)
    from ranked
    where not is_named
    group by model
    union all
    select 'item_neighbours', 'start', 'none', null, null, null, 0 from candidates
    {%- if learned %}
    union all
    select 'ease', 'start', 'none', null, null, null, 0
    {%- endif %}
    union all
    select
        'item_neighbours', 'content', 'tie', null, score, null,
        {{ var('item_neighbours.content_share') }} * score
    from content
),

final as (
    {{ ordered_steps('parts', ref('internal.user_ratings')) }}
)

select * from final
