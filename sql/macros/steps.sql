{# The parts of scores (model, level, source, item_id, value, weight, amount) as steps: the start first, then level by
   level, of each the largest part first, what many ratings add together last; after is the sum so far. #}
{% macro in_steps(parts) -%}
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

{# No parts, where the model whose parts they are is not there. #}
{% macro no_parts() -%}
    select
        null as model, null as level, null as source, null::integer as item_id, null::double as value,
        null::double as weight, null::double as amount
    where false
{%- endmacro %}
