{# Contributions to scores (model, level, source, item_id, value, weight, amount) of a user and a track in order: the
   starting point, then level by level, the largest contribution of each first and the sum of the small ones last;
   after is the sum so far. `user_ratings` is the macro of that name. Ratings are on the owner's scale, and so are the
   amounts of rows that fulfil the condition `on_ratings`. #}
{% macro ordered_steps(parts, user_ratings, on_ratings='false') -%}
{%- set ratings = "('direct', 'neighbour', 'sibling', 'tracks', 'prior', 'global', 'mean', 'autoencoder')" -%}
    select
        model, ordinal, level, source, item_id, value, weight,
        amount + 0 as amount,  -- no negative zero
        sum(amount) over (partition by model order by ordinal) as after
    from (
        select
            steps.model,
            steps.level,
            steps.source,
            steps.item_id,
            case
                when steps.source in ('direct', 'neighbour') and own.value is not null then own.value
                when steps.source in {{ ratings }} or {{ on_ratings }}
                    then {{ on_owner_scale('steps.value') }}
                else steps.value
            end as value,
            steps.weight,
            case
                when not ({{ on_ratings }}) then steps.amount
                when steps.level = 'start' then {{ score_on_owner_scale('steps.amount') }}
                else {{ difference_on_owner_scale('steps.amount') }}
            end as amount,
            row_number() over (
                partition by steps.model
                order by
                    list_position(['start', 'album', 'artist', 'genre', 'track', 'content'], steps.level),
                    steps.source = 'others',
                    abs(steps.amount) desc,
                    steps.source,
                    steps.item_id
            ) as ordinal
        from {{ parts }} as steps
        left join {{ user_ratings }}(the_user) as own on steps.item_id = own.item_id
    ) as ordered
{%- endmacro %}

{# An empty relation of contributions, for a model that is not built. #}
{% macro no_contributions() -%}
    select
        null as model, null as level, null as source, null::integer as item_id, null::double as value,
        null::double as weight, null::double as amount
    where false
{%- endmacro %}

{# A step of a score in words, from the columns source, level, item_id, name and noun; `noun` is the word for the
   level. #}
{% macro step_in_words() -%}
case
            when source = 'mean' and level = 'start' then 'mean of all ratings'
            when source = 'bias' then 'popularity'
            when level = 'start' then 'starting point'
            when source = 'neighbour' then concat('own rating of ', name)
            when source = 'others' then 'all other ratings'
            when source = 'everybody' then 'popularity'
            when source = 'tie' then 'tie-breaker'
            when source = 'factors' then concat('factors of user and ', {{ var('dataset.noun') }})
            when source = 'liked' then concat_ws(' ', 'likes the', noun, name)
            when source = 'direct' then concat_ws(' ', 'own rating of', noun, name)
            when source in ('sibling', 'tracks')
                then concat_ws(' ', concat('own ratings of ', {{ var('dataset.noun') }}, 's of'), noun, name)
            when source = 'prior' then concat_ws(' ', 'adjusted average of', noun, name)
            when source = 'mean' and item_id is null then concat('mean of all ratings, no ', noun)
            when source = 'mean' then concat_ws(' ', 'average of', noun, name)
            when source = 'global' then concat('no ratings of the ', noun)
            else concat_ws(' ', noun, name, 'by', source)
        end
{%- endmacro %}
