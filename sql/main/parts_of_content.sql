-- grain: a step: what one term adds to the score of a pair of a user and a track by the model content
-- arguments: the_user, the_track
-- units: value as the term has it, weight what it is multiplied with; amount on the scale of the model
-- nulls: item_id, value, weight of what is about no item, or is no product
-- formula: as in scores.content
with

history as (
    select item_id, rating from {{ ref('main.history_of') }}(the_user)
),

pair as (
    select track_id, album_id, artist_id, album_direct, artist_direct
    from {{ ref('main.own_levels') }}(the_user, the_track)
),

heard as (
    select lineage.track_id, lineage.album_id, lineage.artist_id, history.rating
    from history
    inner join {{ ref('hierarchy.track_lineage') }} as lineage on history.item_id = lineage.track_id
),

means as (
    select
        sum(heard.rating) filter (where heard.album_id = pair.album_id and heard.track_id <> the_track)
        / count(*) filter (where heard.album_id = pair.album_id and heard.track_id <> the_track)
            as sibling_mean,
        sum(heard.rating) filter (where heard.artist_id = pair.artist_id)
        / count(*) filter (where heard.artist_id = pair.artist_id) as artist_track_mean
    from heard
    cross join pair
),

terms as (
    select
        'start' as level, 'unlinked' as source, null::integer as item_id, null::double as value,
        case when album_id is null and artist_id is null then {{ var('content.unlinked') }}::double else 0 end
            as amount
    from pair
    union all
    select 'album', 'direct', album_id, album_direct, album_direct as amount from pair
    union all
    select 'artist', 'direct', artist_id, artist_direct, artist_direct as amount from pair
    union all
    select 'album', 'sibling', pair.album_id, means.sibling_mean, means.sibling_mean as amount
    from pair
    cross join means
    union all
    select 'artist', 'tracks', pair.artist_id, means.artist_track_mean, means.artist_track_mean as amount
    from pair
    cross join means
),

parts as (
    select 'content' as model, level, source, item_id, value, 1 as weight, amount
    from terms
    where amount is not null
),

final as (
    {{ in_steps('parts') }}
)

select * from final
