-- grain: one oddity that real data has, and that is counted instead of refused
-- key: check
-- units: count of ids, or of pairs of user and track
-- nulls: example, one of those counted, where there is none
{% set oddities = [
    'tracks_without_album', 'tracks_without_artist', 'albums_without_artist', 'tracks_of_unlisted_albums',
    'unlisted_artists', 'unlisted_genres', 'rated_items_that_no_file_lists', 'candidates_that_no_file_lists',
    'candidates_rated_in_training', 'test_users_without_ratings', 'submitted_users_not_marked_half',
] %}
with

tracks as (
    select track_id, album_id, artist_id from {{ ref('staging.tracks') }}
),

albums as (
    select album_id, artist_id from {{ ref('staging.albums') }}
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

tracks_without_album as (
    select track_id as example from tracks where album_id is null
),

tracks_without_artist as (
    select track_id as example from tracks where artist_id is null
),

albums_without_artist as (
    select album_id as example from albums where artist_id is null
),

tracks_of_unlisted_albums as (
    select tracks.track_id as example
    from tracks anti join albums on tracks.album_id = albums.album_id
    where tracks.album_id is not null
),

unlisted_artists as (
    select artist_id as example from tracks where artist_id is not null
    union
    select artist_id as example from albums where artist_id is not null
    except
    select artist_id as example from {{ ref('staging.artists') }}
),

unlisted_genres as (
    select genre_id as example from {{ ref('staging.track_genres') }}
    union
    select genre_id as example from {{ ref('staging.album_genres') }}
    except
    select genre_id as example from {{ ref('staging.genres') }}
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
    select candidates.user_id || '_' || candidates.track_id as example
    from candidates
    semi join ratings
        on candidates.user_id = ratings.user_id and candidates.track_id = ratings.item_id
),

test_users as (
    select distinct user_id from candidates
),

test_users_without_ratings as (
    select test_users.user_id as example
    from test_users anti join ratings on test_users.user_id = ratings.user_id
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

final as (
    {%- for oddity in oddities %}
    select '{{ oddity }}' as "check", count(*) as "count", min(example)::varchar as example from {{ oddity }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final
