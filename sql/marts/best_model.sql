-- grain: the default model of `recsys submit`; no row without labels and validation users
-- key: model
-- units: accuracy and its bounds are shares of candidates, 0..1, on the users in `users`
-- columns: model: the most accurate model of scores; chosen_by: labels or validation; accuracy: its
--   accuracy on these users, 0..1; accuracy_low: lower 95 % bound; accuracy_high: upper 95 % bound; users:
--   number of users it was chosen on; is_trained_on_labels: whether it learned from labels too
-- nulls: accuracy_low, accuracy_high of a single user
-- formula: the highest accuracy on labelled users, cross-validated for models that learn from labels; with
--   fewer labelled users than accuracy_intervals.few and than validation users, on validation users.
--   truth2.txt is never read
with

predictions as (
    select model, user_id, track_id, predicted from {{ ref('marts.predictions') }}
),

labels as (
    select user_id, track_id, label from {{ ref('staging.labels') }}
),

validation as (
    select model, user_id, judged, correct from {{ ref('marts.validation_accuracy') }}
),

models as (
    {%- for model in models('scores') %}
    select
        '{{ model }}' as model,
        {{ depends_on('scores.' ~ model, 'staging.labels') }} as is_trained_on_labels
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

labelled as (
    select
        predictions.model,
        predictions.user_id,
        count(*) as judged,
        count(*) filter (where predictions.predicted = labels.label) as correct
    from predictions
    inner join labels on predictions.user_id = labels.user_id and predictions.track_id = labels.track_id
    where {{ is_unseen('predictions', leaky_models(), ref('staging.labels')) if leaky_models() else 'true' }}
    group by predictions.model, predictions.user_id
),

counts as (
    select
        (select count(distinct user_id) from labelled) as labelled_count,
        (select count(distinct user_id) from validation) as validation_count
),

choice as (
    select
        labelled_count >= {{ var('accuracy_intervals.few') }} or labelled_count >= validation_count
            as is_by_labels
    from counts
),

users as (
    select model, user_id, judged, correct, 'labels, cross-validated' as chosen_by from labelled
    where (select is_by_labels from choice)
    union all
    select model, user_id, judged, correct, 'validation' as chosen_by from validation
    where not (select is_by_labels from choice)
),

judged as (
    {{ accuracies_of('users') }}
),

methods as (
    select distinct model, chosen_by from users
),

final as (
    select
        judged.model,
        methods.chosen_by,
        judged.accuracy,
        judged.accuracy_low,
        judged.accuracy_high,
        judged.user_count as users,
        models.is_trained_on_labels
    from judged
    inner join models on judged.model = models.model
    inner join methods on judged.model = methods.model
    order by judged.accuracy desc, judged.model
    limit 1
)

select * from final
