{# Bayesian mean of an item: (sum of ratings + C M) / (N + C), which adds C ratings of the overall mean M to the
   item's N ratings; damping as in LensKit's bias model. #}
{% macro bayes_mean(rating_sum, rating_count, overall_mean) -%}
({{ rating_sum }} + {{ var('bayes.confidence') }} * {{ overall_mean }})
/ ({{ rating_count }} + {{ var('bayes.confidence') }})
{%- endmacro %}

{# Two columns: the first value of a fallback chain that is not NULL, and the name of its level. The last level is
   never NULL. #}
{% macro fallback_columns(name, fallback_levels) -%}
coalesce({{ fallback_levels | map(attribute=1) | join(', ') }}) as {{ name }}_score,
        case
        {%- for source, value in fallback_levels[:-1] %}
            when {{ value }} is not null then '{{ source }}'
        {%- endfor %}
            else '{{ fallback_levels[-1][0] }}'
        end as {{ name }}_source
{%- endmacro %}

{# Sum of columns times the weights of a section of parameters.toml. #}
{% macro weighted_sum(section, columns) -%}
{% for level, column in columns.items() -%}
{{ var(section ~ '.' ~ level) }} * {{ column }}{{ '' if loop.last else ' + ' }}
{%- endfor %}
{%- endmacro %}

{# Weighted mean of the columns that are not NULL, weights renormalised; NULL if all columns are NULL. #}
{% macro weighted_mean_of_known(section, columns) -%}
(
    {%- for level, column in columns.items() %}
    {{ '' if loop.first else '+ ' }}coalesce({{ var(section ~ '.' ~ level) }} * {{ column }}, 0)
    {%- endfor %}
) / nullif(
    {%- for level, column in columns.items() %}
    {{ '' if loop.first else '+ ' }}case when {{ column }} is null then 0 else {{ var(section ~ '.' ~ level) }} end
    {%- endfor %}
, 0)
{%- endmacro %}

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

{# A real number in units of 1e-12, as an integer: sums of integers do not depend on the order of rows or the number of
   threads. 64 bits hold a sum of nine million terms of size 1. Uses floor(), because Spark's round() to decimals of
   arbitrary length takes longer than the rest of the sum. #}
{% macro trillionths(value) -%}
cast(floor(({{ value }}) * 1e12 + 0.5) as bigint)
{%- endmacro %}

{# One 64-bit key for two items below 2^31: compared in one step, in half the memory of two columns. #}
{% macro pair_id(item_i, item_j) -%}
cast({{ item_i }} as bigint) * 4294967296 + {{ item_j }}
{%- endmacro %}

{# Share of a track's users that are sampled; see uniform_hash(). #}
{% macro sampled_share(rating_count) -%}
least(1.0::double, {{ var('item_neighbours.raters') }} / {{ rating_count }})
{%- endmacro %}

{# A number 0 <= x < 1, uniform over an item's users and the same in every build: the remainder by a prime, as in
   linear congruential generators. #}
{% macro uniform_hash(user_id, item_id) -%}
(
    cast({{ user_id }} as bigint) % 1000003 * 7368787 + cast({{ item_id }} as bigint) % 1000003 * 5237471
) % 1000003 / 1000003.0::double
{%- endmacro %}

{# Logarithm of a sum, from the logarithms of its terms. log_of_nothing() stands for the logarithm of 0, and NULL for
   a missing second term. #}
{% macro log_of_sum(one, other) -%}
greatest({{ one }}, {{ other }}) + ln(1 + exp(-abs({{ one }} - coalesce({{ other }}, {{ log_of_nothing() }}))))
{%- endmacro %}

{% macro log_of_nothing() -%}
(-1e308::double)
{%- endmacro %}

{# Dot product of two lists of numbers as doubles, NULL if one of them is NULL. #}
{% macro dot_product(one, other) -%}
list_dot_product(cast({{ one }} as double[]), cast({{ other }} as double[]))
{%- endmacro %}
