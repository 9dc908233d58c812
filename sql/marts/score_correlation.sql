-- grain: a pair of models
-- key: model, other_model
-- units: correlation -1..1
-- nulls: correlation of a model with constant scores
-- formula: Pearson's correlation of the two models' ranks of the candidates within each user; ranks are
--   integers, so that their sums are exact
{% set names = models('scores') %}
with

predictions as (
    select model, user_id, track_id, rank from {{ ref('marts.predictions') }}
),

ranks as (
    select
        {%- for name in names %}
        max(rank) filter (where model = '{{ name }}') as {{ name }},
        {%- endfor %}
        user_id,
        track_id
    from predictions
    group by user_id, track_id
),

summed as (
    {%- for name in names %}
    {%- for other in names if other > name %}
    select
        '{{ name }}' as model,
        '{{ other }}' as other_model,
        count(*) as pairs,
        sum({{ name }}) as one_sum,
        sum({{ other }}) as other_sum,
        sum({{ name }} * {{ name }}) as one_square,
        sum({{ other }} * {{ other }}) as other_square,
        sum({{ name }} * {{ other }}) as product
    from ranks
    where {{ name }} is not null and {{ other }} is not null
    union all
    {%- endfor %}
    {%- endfor %}
    select
        '' as model, '' as other_model, 0 as pairs, 0 as one_sum, 0 as other_sum, 0 as one_square,
        0 as other_square, 0 as product
),

correlated as (
    select
        model,
        other_model,
        (pairs * product - one_sum * other_sum)
        / nullif(
            sqrt(pairs * one_square - one_sum * one_sum)
            * sqrt(pairs * other_square - other_sum * other_sum), 0
        ) as correlation
    from summed
    where pairs > 0
),

final as (
    select model, other_model, correlation from correlated
    union all
    select other_model as model, model as other_model, correlation from correlated
)

select * from final order by model, other_model
