-- lists: item_weights family=neighbours
-- grain: an item in a history, and an item that users choose close to it in time
-- key: item_j, item_i
-- units: item_j is in the history, item_i is recommended; weight above 0
-- nulls: none
-- ordered: user
-- formula: weight = sum over users with both at most W places apart of x_ui x_uj |place_i - place_j|^-d /
--   sqrt(n_i n_j), after Lai et al., KDD Cup 2011, JMLR W&CP 18, normalised as a cosine; x is the strength of
--   an interaction, n counts the users of an item. W, d and strengths are chosen by validation, see
--   lists.settings. Of the users of item_i those that are sampled take part, so the sum is divided by their
--   share. Two places at most W apart are in one bucket of W places or in adjacent ones. Of each item_j the
--   largest weights are kept, ties by item_i
{{ compiled(
    'lists.pairs.neighbours',
    placed=ref('lists.neighbour_places'),
    items=ref('lists.items'),
    chosen=ref('lists.settings'),
    settings={'kept': var('lists.neighbours')}
) }}
with

settings as (
    select
        cast(coalesce(max(case when key = 'window' then value end), '10') as integer) as window_size,
        cast(coalesce(max(case when key = 'decay' then value end), '1.1') as double) as decay
    from {{ ref('lists.settings') }}
    where model = 'neighbours'
),

placed as (
    select
        places.user_id,
        places.item_id,
        places.place,
        places.strength,
        places.is_sampled,
        places.place // settings.window_size as bucket
    from {{ ref('lists.neighbour_places') }} as places
    cross join settings
),

items as (
    select item_id from {{ ref('lists.items') }}
),

counts as (
    select item_id, count(*) as user_count, max(share) as share
    from {{ ref('lists.neighbour_places') }}
    group by item_id
),

shifts as (
    select unnest([-1, 0, 1]) as shift
),

around as (
    select
        placed.user_id, placed.item_id, placed.place, placed.strength, placed.bucket + shifts.shift as bucket
    from placed
    semi join items on placed.item_id = items.item_id
    cross join shifts
    where placed.is_sampled
),

pairs as (
    select
        around.item_id as item_i,
        placed.item_id as item_j,
        around.strength * placed.strength as strength,
        abs(around.place - placed.place) as distance
    from around
    inner join placed on around.user_id = placed.user_id and around.bucket = placed.bucket
    where around.place <> placed.place
),

summed as (
    select
        pairs.item_i,
        pairs.item_j,
        sum({{ trillionths('pairs.strength * pow(pairs.distance, -settings.decay)') }}) / 1e12 as weight
    from pairs
    cross join settings
    where pairs.distance <= settings.window_size
    group by pairs.item_i, pairs.item_j
),

weighted as (
    select
        summed.item_j,
        summed.item_i,
        summed.weight / one.share / sqrt(one.user_count * other.user_count) as weight
    from summed
    inner join counts as one on summed.item_i = one.item_id
    inner join counts as other on summed.item_j = other.item_id
),

final as (
    select item_j, item_i, weight
    from weighted
    qualify
        row_number() over (partition by item_j order by weight desc, item_i) <= {{ var('lists.neighbours') }}
)

select * from final order by item_j, weight desc, item_i
