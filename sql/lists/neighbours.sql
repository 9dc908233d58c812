-- lists: item_weights family=neighbours
-- summary: Items that users chose shortly before or after those in the user's history.
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

places as (
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

item_users as (
    select item_id, count(*) as user_count, max(share) as share
    from {{ ref('lists.neighbour_places') }}
    group by item_id
),

sampled_places as (
    select * from places semi join items on places.item_id = items.item_id where places.is_sampled
),

{{ near_buckets('sampled_places', 'user_id, item_id, place, strength') }},

near_interactions as (
    select
        one.item_id as item_i,
        other.item_id as item_j,
        one.strength * other.strength as strength,
        abs(one.place - other.place) as distance
    from positions_and_buckets as one
    inner join places as other on one.user_id = other.user_id and one.near_bucket = other.bucket
    where one.place <> other.place
),

item_pairs as (
    select
        near.item_i,
        near.item_j,
        sum({{ trillionths('near.strength * pow(near.distance, -settings.decay)') }}) / 1e12 as weight
    from near_interactions as near
    cross join settings
    where near.distance <= settings.window_size
    group by near.item_i, near.item_j
),

weighted as (
    select
        item_pairs.item_j,
        item_pairs.item_i,
        item_pairs.weight / one.share / sqrt(one.user_count * other.user_count) as weight
    from item_pairs
    inner join item_users as one on item_pairs.item_i = one.item_id
    inner join item_users as other on item_pairs.item_j = other.item_id
),

final as (
    select item_j, item_i, weight
    from weighted
    qualify
        row_number() over (partition by item_j order by weight desc, item_i) <= {{ var('lists.neighbours') }}
)

select * from final order by item_j, weight desc, item_i
