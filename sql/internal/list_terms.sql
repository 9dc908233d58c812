-- grain: one interaction of the user that adds to the score of an item by a list model of item weights
-- arguments: the_user, the_track, the_model
-- units: the_model as in internal.list_explanation; value as the data's owner has it; weight is what the
--   strength of the interaction is multiplied with, amount their product
-- nulls: none
-- formula: strength of an interaction times its weight; is_named marks the ten largest
{% set most = 10 %}
with

chosen as (
    select coalesce(the_model::varchar, (select model from {{ ref('lists.chosen') }})) as model
),

settings as (
    select model, value as weighting from {{ ref('lists.settings') }} where key = 'weighting'
),

history as (
    select item_id, value, rating, is_like
    from {{ ref('lists.interactions') }}
    where user_id = the_user
),

terms as (
    {%- for model in list_models('item_weights') %}
    select
        '{{ model }}' as model,
        history.item_id,
        history.value,
        {{ interaction_strength('history', "coalesce(settings.weighting, 'likes')") }} as strength,
        near.weight::real::double as weight  -- as the list was made: in single precision
    from {{ ref('lists.' ~ model) }} as near
    inner join history on near.item_j = history.item_id
    inner join chosen on chosen.model = '{{ model }}'
    left join settings on settings.model = '{{ model }}'
    where near.item_i = the_track
    union all
    {%- endfor %}
    {%- for model in list_models('attributes') %}
    select
        '{{ model }}' as model,
        history.item_id,
        history.value,
        {{ interaction_strength('history', "'likes'") }} as strength,
        sum(own.weight * other.weight) as weight
    from {{ ref('lists.' ~ model) }} as own
    inner join {{ ref('lists.' ~ model) }} as other on own.attribute_id = other.attribute_id
    inner join history on other.item_id = history.item_id
    inner join chosen on chosen.model = '{{ model }}'
    where own.item_id = the_track
    group by all
    union all
    {%- endfor %}
    select
        null::varchar as model, null::integer as item_id, null::double as value, null::double as strength,
        null::double as weight
    where false
),

ranked as (
    select
        model,
        item_id,
        value,
        weight,
        strength * weight as amount,
        row_number() over (order by abs(strength * weight) desc, item_id) <= {{ most }} as is_named
    from terms
    where strength * weight <> 0
)

select * from ranked
