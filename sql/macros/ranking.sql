{# The ranking rule over the relations `scores` and `priors`: by score, ties by the track's prior, then by id. #}
{% macro ranking(partition) -%}
row_number() over (
    partition by {{ partition }}
    order by scores.score desc, priors.track_prior desc, scores.track_id
)
{%- endmacro %}

{# Area under the ROC curve per model, pooled over users: the share of pairs of a liked and a not liked candidate that
   are in the right order, ties counting half. With ranks r of the liked (first and last among equals averaged):
   (sum of r - L (L + 1) / 2) / (L N), L liked and N not liked (Mann and Whitney, 1947). Each model is sorted
   separately. #}
{% macro pooled_auc(names, relation, value, judged, leaky, labels) -%}
    select
        model,
        (sum(label * (first_place + last_place)) - sum(label) * (sum(label) + 1)) / 2
        / nullif(sum(label) * (count(*) - sum(label)), 0) as auc
    from (
        {%- for model in names %}
        select
            '{{ model }}' as model,
            {{ judged }}.label,
            rank() over (order by {{ relation }}.{{ value }}) as first_place,
            count(*) over (order by {{ relation }}.{{ value }}) as last_place
        from {{ relation }}
        inner join {{ judged }}
            on {{ relation }}.user_id = {{ judged }}.user_id and {{ relation }}.track_id = {{ judged }}.track_id
        where {{ relation }}.model = '{{ model }}'
        {%- if model in leaky %}
            and {{ relation }}.user_id not in (select seen.user_id from {{ labels }} as seen)
        {%- endif %}
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ) as placed
    group by model
{%- endmacro %}
