-- grain: one part of the score of an item by a list model, or a note on a model that SQL cannot compute
-- arguments: the_user, the_track, the_model
-- units: the_model is a list model, by default the one that made the lists; value as the data's owner has it;
--   weight is what the strength of an interaction is multiplied with; the contributions add up to the score
-- nulls: contribution of a row that is no part of the score; item_id, value, weight of a row without an item;
--   rating_count, rating_mean, shrinkage
-- formula: item weights: internal.list_terms, the largest parts, and the others together; item scores: one
--   part. Other models are computed by the command, the library and the explorer; here they give the reason
--   of the stored list
{% set sums = list_models('item_scores', 'attributes', 'item_weights') | list %}
{% set empty = 'null::bigint as rating_count, null::double as rating_mean, null::double as shrinkage' %}
with

chosen as (
    select coalesce(the_model::varchar, (select model from {{ ref('lists.chosen') }})) as model
    from {{ ref('internal.require_pair') }}(the_user, the_track)
    where user_id = the_user and track_id = the_track
),

items as (
    select item_id, coalesce(name, original_id) as name from {{ ref('marts.item_facts') }}
),

likes as (
    select coalesce(max(like_count), 0) as like_count from {{ ref('lists.items') }} where item_id = the_track
),

terms as (
    select * from {{ ref('internal.list_terms') }}(the_user, the_track, the_model)
),

history_parts as (
    select
        concat(items.name, ': ', {{ in_words('terms.value') }}) as evidence, terms.item_id, terms.value,
        'neighbour' as source, terms.weight, terms.amount as contribution
    from terms
    inner join items on terms.item_id = items.item_id
    where terms.is_named
    union all
    select
        format('{:,} other interaction{}', count(*), case when count(*) = 1 then '' else 's' end),
        null, null, 'others', null, sum(amount order by item_id)
    from terms
    where not is_named
    having count(*) > 0
),

item_score_parts as (
    {%- for model in list_models('item_scores') %}
    select
        format('liked by {:,} user{}', like_count, case when like_count = 1 then '' else 's' end) as evidence,
        '{{ model }}' as source, scores.score as contribution
    from {{ ref('lists.' ~ model) }} as scores
    cross join likes
    inner join chosen on chosen.model = '{{ model }}'
    where scores.item_id = the_track
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select '' as evidence, '' as source, 0.0::double as contribution where false
    {%- endfor %}
),

parts as (
    select
        'start' as level, 'starting point' as evidence, null::integer as item_id, null::double as value,
        'start' as source, null::double as weight, 0.0::double as contribution
    from chosen
    where model in ('{{ sums | join("', '") }}')
    union all
    select 'history', evidence, item_id, value, source, weight, contribution from history_parts
    union all
    select 'model', evidence, null, null, source, null, contribution from item_score_parts
),

notes as (
    select 'no interaction of the user adds to this score' as evidence
    where (select count(*) from parts) > 0
        and not exists (select 1 from parts where contribution <> 0)
    union all
    select
        concat(
            'SQL alone cannot compute the parts of ', model,
            ': use recsys explain, Python, JSON or the explorer; here its reason, if the item is in the list'
        )
    from chosen
    where model not in ('{{ sums | join("', '") }}')
),

reasons as (
    select lists.reason_item_id as item_id, lists.reason_value as value, items.name
    from {{ ref('marts.recommendations') }} as lists
    inner join chosen on lists.model = chosen.model
    inner join items on lists.reason_item_id = items.item_id
    where lists.user_id = the_user
        and lists.item_id = the_track
        and exists (select 1 from notes)
),

lines as (
    select level, evidence, item_id, value, source, weight, contribution from parts
    union all
    select 'note', evidence, null, null, 'note', null, null from notes
    union all
    select 'reason', concat(name, ': ', {{ in_words('value') }}), item_id, value, 'reason', null, null
    from reasons
),

final as (
    select
        chosen.model,
        row_number() over (
            order by
                list_position(['start', 'history', 'model', 'note', 'reason'], lines.level),
                lines.source = 'others',
                abs(lines.contribution) desc,
                lines.item_id
        ) as ordinal,
        lines.level, lines.evidence, lines.item_id, lines.value, {{ empty }}, lines.source, lines.weight,
        lines.contribution
    from lines
    cross join chosen
)

select * from final order by ordinal
