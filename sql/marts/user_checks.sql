-- grain: one data quality check of users, candidates and submissions whose findings are counted, not refused
-- key: check
-- units: count of ids, or of pairs of user and track
-- nulls: example where the count is 0
{% set checks = [
    'rated_items_that_no_file_lists', 'candidates_that_no_file_lists', 'candidates_rated_in_training',
    'test_users_without_ratings', 'submitted_users_not_marked_half', 'users_with_more_than_half_alike',
    'labels_that_the_truth_contradicts',
] %}
with

tracks as (
    select track_id from {{ ref('staging.tracks') }}
),

candidates as (
    select user_id, track_id from {{ ref('staging.candidates') }}
),

ratings as (
    select user_id, item_id from {{ ref('staging.ratings') }}
),

rated_items as (
    select item_id from {{ ref('priors.items') }}
),

rated_items_that_no_file_lists as (
    select item_id as example from rated_items
    except
    select item_id as example from {{ ref('hierarchy.items') }}
),

candidates_that_no_file_lists as (
    select candidates.user_id || '_' || candidates.track_id as example
    from candidates anti join tracks on candidates.track_id = tracks.track_id
),

candidates_rated_in_training as (
    select ratings.user_id || '_' || ratings.item_id as example
    from ratings
    semi join candidates
        on ratings.user_id = candidates.user_id and ratings.item_id = candidates.track_id
),

test_users as (
    select distinct user_id from candidates
),

users as (
    select distinct user_id from ratings
),

test_users_without_ratings as (
    select test_users.user_id as example
    from test_users anti join users on test_users.user_id = users.user_id
),

marks as (
    select file, user_id, count(*) as candidate_count, sum(score) as marked_count
    from {{ ref('staging.submissions') }}
    group by file, user_id
    having min(score) >= 0 and max(score) <= 1 and sum(score) = floor(sum(score))
),

submitted_users_not_marked_half as (
    select file || ' user ' || user_id as example from marks where marked_count * 2 <> candidate_count
),

sizes as (
    select user_id, count(*) as candidate_count from candidates group by user_id
),

users_with_more_than_half_alike as (
    select truth.user_id as example
    from {{ ref('staging.truth') }} as truth
    inner join sizes on truth.user_id = sizes.user_id
    group by truth.user_id, sizes.candidate_count
    having greatest(sum(truth.label), count(*) - sum(truth.label)) * 2 > sizes.candidate_count
),

labels_that_the_truth_contradicts as (
    select labels.user_id || '_' || labels.track_id as example
    from {{ ref('staging.labels') }} as labels
    inner join {{ ref('staging.truth') }} as truth
        on labels.user_id = truth.user_id and labels.track_id = truth.track_id
    where labels.label <> truth.label
),

final as (
    {{- count_findings(checks) }}
)

select * from final
