{# Accuracy of each model over a relation of its users (model, judged, correct), with 95 % bounds: accuracy -+ z s for n
   users, s^2 = n / (n - 1) sum (correct - accuracy judged)^2 / (sum judged)^2, the variance of a ratio of two sums
   (Cochran, Sampling Techniques, 1977, 6.3). Users are the independent draws, because candidates of one user share
   a history. A model with a single user has no bounds. `by`, a column of users, gives one row per value. #}
{% macro accuracies_of(users, by='') -%}
{% set groups = ['model', by] | select | list %}
    select
        {{ groups | join(', ') }},
        user_count,
        accuracy,
        standard_error,
        case
            when user_count > 1
                then greatest(0, accuracy - {{ var('accuracy_intervals.deviations') }} * standard_error)
        end as accuracy_low,
        case
            when user_count > 1
                then least(1, accuracy + {{ var('accuracy_intervals.deviations') }} * standard_error)
        end as accuracy_high
    from (
        select
            totals.{{ groups | join(', totals.') }},
            totals.user_count,
            totals.accuracy,
            sqrt(
                totals.user_count / nullif(totals.user_count - 1, 0)
                * sum(pow(users.correct - totals.accuracy * users.judged, 2) order by users.user_id)
            ) / totals.judged as standard_error
        from {{ users }} as users
        inner join (
            select {{ groups | join(', ') }}, count(*) as user_count, sum(judged) as judged, sum(correct) / sum(judged) as accuracy
            from {{ users }}
            group by {{ groups | join(', ') }}
        ) as totals on
            {%- for group in groups %} {{ 'and ' if not loop.first }}users.{{ group }} = totals.{{ group }}{% endfor %}
        group by totals.{{ groups | join(', totals.') }}, totals.user_count, totals.accuracy, totals.judged
    ) as errors
{%- endmacro %}
