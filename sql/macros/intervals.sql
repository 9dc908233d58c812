{# Accuracy of each model over a relation of its users (model, judged, correct), with 95 % bounds: accuracy -+ z s for n
   users, s^2 = n / (n - 1) sum (correct - accuracy judged)^2 / (sum judged)^2, the variance of a ratio of two sums
   (Cochran, Sampling Techniques, 1977, 6.3). Users are the independent draws, because candidates of one user share
   a history. A model with a single user has no bounds.
   With fewer than accuracy_intervals.few users, or where all users are alike, s says too little: the bounds then enclose
   those of Wilson (1927) for n draws as well: (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n).
   `by`, a column of users, gives one row per value. #}
{% macro accuracies_of(users, by='') -%}
{% set groups = ['model', by] | select | list %}
{% set z = var('accuracy_intervals.deviations') %}
    select
        {{ groups | join(', ') }},
        user_count,
        accuracy,
        standard_error,
        case
            when user_count < 2 then null
            when user_count < {{ var('accuracy_intervals.few') }} or standard_error = 0
                then greatest(0, least(wilson_center - wilson_half, accuracy - {{ z }} * standard_error))
            else greatest(0, accuracy - {{ z }} * standard_error)
        end as accuracy_low,
        case
            when user_count < 2 then null
            when user_count < {{ var('accuracy_intervals.few') }} or standard_error = 0
                then least(1, greatest(wilson_center + wilson_half, accuracy + {{ z }} * standard_error))
            else least(1, accuracy + {{ z }} * standard_error)
        end as accuracy_high
    from (
        select
            totals.{{ groups | join(', totals.') }},
            totals.user_count,
            totals.accuracy,
            (totals.accuracy + pow({{ z }}, 2) / (2 * totals.user_count)) / (1 + pow({{ z }}, 2) / totals.user_count)
                as wilson_center,
            {{ z }} / (1 + pow({{ z }}, 2) / totals.user_count) * sqrt(
                totals.accuracy * (1 - totals.accuracy) / totals.user_count
                + pow({{ z }} / totals.user_count, 2) / 4
            ) as wilson_half,
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
