-- grain: an item, and one of the tracks that go with it
-- key: item_i, item_j
-- units: item_i is the track, item_j what was rated; weights compare with each other; is_ease, the same in
--   all rows, says whose they are
-- nulls: none
-- formula: EASE (learned.item_weights) where it was learned and knows most rated tracks, else neighbours
--   in time: of two kinds of weights, a sum of both would mean nothing
-- materialized: view
{% set learned = ref_all('learned.item_weights') %}
with

neighbours as (
    select item_i, item_j, weight from {{ ref('features.catalogue_neighbours') }}
),

{% if learned -%}
ease as (
    select item_i, item_j, weight from {{ learned[0] }}
),

tracks as (
    select track_id from {{ ref('staging.tracks') }}
),

rated as (
    select item_id from {{ ref('priors.items') }}
),

known as (
    select tracks.track_id from tracks semi join rated on tracks.track_id = rated.item_id
),

coverage as (
    select
        (select count(distinct item_i) from ease)
        >= {{ var('recommend.covered') }} * (select count(*) from known) as is_ease
),

final as (
    select ease.item_i, ease.item_j, ease.weight, true as is_ease
    from ease
    cross join coverage
    where coverage.is_ease
    union all
    select neighbours.item_i, neighbours.item_j, neighbours.weight, false as is_ease
    from neighbours
    cross join coverage
    where not coverage.is_ease
)
{%- else -%}
final as (
    select item_i, item_j, weight, false as is_ease from neighbours
)
{%- endif %}

select * from final
