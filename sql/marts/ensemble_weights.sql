-- grain: one submission or model that the ensemble blends
-- key: kind, name
-- units: accuracy is the one the weight is computed from, 0..1; origin is 'published', 'estimated',
--   'assumed' or 'unknown'
-- nulls: weight of an exact duplicate; duplicate_of of any other row; accuracy, standard_error if unknown
with

final as (
    select name, kind, weight, accuracy, standard_error, origin, duplicate_of
    from {{ ref('features.ensemble_weights') }}
)

select * from final order by abs(weight) desc nulls last, kind, name
