-- lists: item_weights family=item_knn
-- summary: Items that the same users chose as those in the user's history.
-- grain: an item in a history, and an item that the same users chose
-- key: item_j, item_i
-- units: item_j is in the history, item_i is recommended; weight above 0
-- nulls: none
-- formula: weight = sum over users of z_ui z_uj, see lists.item_knn_parts; of each item_i the largest
--   weights are kept, ties by item_j
{{ compiled(
    'lists.pairs.item_knn',
    parts=ref('lists.item_knn_parts'),
    items=ref('lists.items'),
    size=ref('lists.size'),
    chosen=ref('lists.settings')
) }}
with

settings as (
    select
        coalesce(max(case when key = 'similarity' then value end), 'bm25') as similarity,
        cast(coalesce(max(case when key = 'neighbours' then value end), '100') as integer) as neighbours
    from {{ ref('lists.settings') }}
    where model = 'item_knn'
),

parts as (
    select user_id, item_id, part from {{ ref('lists.item_knn_parts') }}
),

items as (
    select item_id from {{ ref('lists.items') }}
),

overall as (
    select user_count from {{ ref('lists.size') }}
),

together as (
    select
        one.item_id as item_i,
        other.item_id as item_j,
        sum({{ trillionths('one.part * other.part') }}) / 1e12 as weight
    from parts as one
    inner join parts as other on one.user_id = other.user_id and one.item_id < other.item_id
    group by one.item_id, other.item_id
),

both_ways as (
    select item_j, item_i, weight from together
    union all
    select item_i as item_j, item_j as item_i, weight from together
),

weighted as (
    select
        both_ways.item_j,
        both_ways.item_i,
        settings.neighbours,
        both_ways.weight
        * case when settings.similarity = 'cosine' then 1 else pow(ln(overall.user_count), 2) end as weight
    from both_ways
    semi join items on both_ways.item_i = items.item_id
    cross join overall
    cross join settings
),

ranked as (
    select
        item_j,
        item_i,
        round(weight, 9) as weight,
        neighbours,
        row_number() over (partition by item_i order by round(weight, 9) desc, item_j) as place
    from weighted
),

final as (
    select item_j, item_i, weight from ranked where place <= neighbours and weight > 0
)

select * from final order by item_j, item_i
