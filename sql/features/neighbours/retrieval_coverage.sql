-- grain: the data set
-- key: is_ease
-- units: is_ease is true if lists use the weights of EASE
-- nulls: none
-- formula: EASE was learned and covers at least recommend.covered of the rated tracks
{% set learned = ref_all('learned.item_weights') %}
with

{% for relation in learned -%}
ease as (
    select distinct item_i from {{ relation }}
),

{% endfor -%}
tracks as (
    select track_id from {{ ref('staging.tracks') }}
),

rated as (
    select item_id from {{ ref('priors.items') }}
),

known as (
    select tracks.track_id from tracks semi join rated on tracks.track_id = rated.item_id
),

final as (
    {%- if learned %}
    select
        (select count(*) from ease)
        >= {{ var('recommend.covered') }} * (select count(*) from known) as is_ease
    {%- else %}
    select false as is_ease
    {%- endif %}
)

select * from final
