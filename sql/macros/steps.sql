{# Contributions to scores (model, level, source, item_id, value, weight, amount) in order: the starting point, then level
   by level, the largest contribution of each first and the sum of the small ones last; after is the sum so far. #}
{% macro ordered_steps(parts) -%}
    select
        model, ordinal, level, source, item_id, value, weight, amount,
        sum(amount) over (partition by model order by ordinal) as after
    from (
        select
            *,
            row_number() over (
                partition by model
                order by
                    list_position(['start', 'album', 'artist', 'genre', 'track', 'content'], level),
                    source = 'others',
                    abs(amount) desc,
                    source,
                    item_id
            ) as ordinal
        from {{ parts }}
    ) as ordered
{%- endmacro %}

{# An empty relation of contributions, for a model that is not built. #}
{% macro no_contributions() -%}
    select
        null as model, null as level, null as source, null::integer as item_id, null::double as value,
        null::double as weight, null::double as amount
    where false
{%- endmacro %}
