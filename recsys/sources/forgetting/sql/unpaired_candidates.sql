-- one more test item of each user who is left with an odd number: the last one of the larger class
create or replace table unpaired as
with

kept as (
    select candidates.user_id, candidates.track_id, candidates.position, {{ 'truth.label' if has_truth else '0' }} as label
    from read_parquet($path) as candidates
    {% if has_truth -%}
    left join read_parquet($truth) as truth
        on candidates.user_id = truth.user_id and candidates.track_id = truth.track_id
    {%- endif %}
    where
        candidates.user_id not in (select unnest($users::bigint[]))
        and candidates.track_id not in (select unnest($items::bigint[]))
),

ordered as (
    select
        user_id,
        track_id,
        count(*) over (partition by user_id) as user_count,
        row_number() over (partition by user_id order by class_count desc, position desc) as place
    from (select *, count(*) over (partition by user_id, label) as class_count from kept)
)

select user_id, track_id from ordered where user_count % 2 = 1 and place = 1
