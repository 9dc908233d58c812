-- grain: one step from what a model starts with to its score of a pair of a user and a track
-- arguments: the_user, the_track
-- units: ordinal counts a model's steps from 1, the start; amounts add up to the score, after is their sum so
--   far, on the scale of the model; value, weight as in the relations of the parts
-- nulls: item_id, value, weight of what is about no item, or is no product
-- formula: the models whose score is a sum, with other items from the largest part down
{% set levels = ['start', 'album', 'artist', 'genre', 'track', 'content'] %}
with

parts as (
    select * from {{ ref('main.parts_of_levels') }}(the_user, the_track)
    union all
    select * from {{ ref('main.parts_of_neighbours') }}(the_user, the_track)
    union all
    select * from {{ ref('main.parts_of_content') }}(the_user, the_track)
    union all
    select * from {{ ref('main.parts_of_als') }}(the_user, the_track)
    union all
    select * from {{ ref('main.parts_of_factors') }}(the_user, the_track)
),

ordered as (
    select
        *,
        row_number() over (
            partition by model
            order by
                list_position({{ levels }}, level), source = 'others', abs(amount) desc, source, item_id
        ) as ordinal
    from parts
),

final as (
    select
        model, ordinal, level, source, item_id, value, weight, amount,
        sum(amount) over (partition by model order by ordinal) as after
    from ordered
)

select * from final order by model, ordinal
