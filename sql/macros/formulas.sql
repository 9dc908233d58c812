{# Bayesian mean of an item: its ratings, and C ratings of the overall mean assumed beforehand.
   (sum of ratings + C M) / (N + C); damping as in LensKit's bias model. #}
{% macro shrink(rating_sum, rating_count, overall_mean) -%}
({{ rating_sum }} + {{ var('bayes.confidence') }} * {{ overall_mean }})
/ ({{ rating_count }} + {{ var('bayes.confidence') }})
{%- endmacro %}

{# The first rung of a fallback chain that has a value, and that rung's name; the last one always has. #}
{% macro first_of(name, fallback_levels) -%}
coalesce({{ fallback_levels | map(attribute=1) | join(', ') }}) as {{ name }}_score,
        case
        {%- for source, value in fallback_levels[:-1] %}
            when {{ value }} is not null then '{{ source }}'
        {%- endfor %}
            else '{{ fallback_levels[-1][0] }}'
        end as {{ name }}_source
{%- endmacro %}

{# Sum of columns times constants of a section of parameters.toml. #}
{% macro weighted_sum(section, columns) -%}
{% for level, column in columns.items() -%}
{{ var(section ~ '.' ~ level) }} * {{ column }}{{ '' if loop.last else ' + ' }}
{%- endfor %}
{%- endmacro %}

{# Weighted mean over the columns that are not NULL, weights renormalised; NULL if all are. #}
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

{# The ranking rule over relations `scores` and `priors`: by score, ties by the track's prior, then by id. #}
{% macro ranking(partition) -%}
row_number() over (
    partition by {{ partition }}
    order by scores.score desc, priors.track_prior desc, scores.track_id
)
{%- endmacro %}

{# Area under the ROC curve of each model's values over a relation of them and one of labels: the share of pairs of a
   liked and a not liked candidate in the right order, ties counting half. From the ranks r of the liked, the mean of
   first and last among equals: (sum of r - L (L + 1) / 2) / (L N) of L liked and N not liked (Mann and Whitney, 1947).
   Each model is sorted by itself. #}
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

{# A real as a whole number of 1e-12: sums of whole numbers are the same in any order, for any number of threads.
   A sum of up to nine million terms of size 1 fits 64 bits. By floor(), since Spark rounds by decimals of any length,
   which takes longer than all else of a sum. #}
{% macro trillionths(value) -%}
cast(floor(({{ value }}) * 1e12 + 0.5) as bigint)
{%- endmacro %}

{# One number for two items, which are below 2^31 each: an equality of it is looked up as a whole, after the items were
   brought together, and takes half the room of two. #}
{% macro pair_id(item_i, item_j) -%}
cast({{ item_i }} as bigint) * 4294967296 + {{ item_j }}
{%- endmacro %}

{# Of a track with so many ratings, the share whose users are drawn; see draw(). #}
{% macro drawn_share(rating_count) -%}
least(1.0::double, {{ var('item_neighbours.raters') }} / {{ rating_count }})
{%- endmacro %}

{# A number from 0 up to 1, spread evenly over an item's users, the same in every build: a remainder by a prime, as of
   linear congruential generators. #}
{% macro draw(user_id, item_id) -%}
(
    cast({{ user_id }} as bigint) % 1000003 * 7368787 + cast({{ item_id }} as bigint) % 1000003 * 5237471
) % 1000003 / 1000003.0::double
{%- endmacro %}

{# Logarithm of a sum, of the logarithms of its terms: log_of_nothing() is the logarithm of 0, or next to it, and NULL
   that of no other term. #}
{% macro log_of_sum(one, other) -%}
greatest({{ one }}, {{ other }}) + ln(1 + exp(-abs({{ one }} - coalesce({{ other }}, {{ log_of_nothing() }}))))
{%- endmacro %}

{% macro log_of_nothing() -%}
(-1e308::double)
{%- endmacro %}

{# Product of two lists of numbers as doubles, NULL where one of them is. #}
{% macro dot_product(one, other) -%}
list_dot_product(cast({{ one }} as double[]), cast({{ other }} as double[]))
{%- endmacro %}
