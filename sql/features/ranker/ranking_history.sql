-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: ratings and means 0..100; shares of likes 0..1
-- nulls: album_direct, artist_direct, *_mean, *_liked_share where the user has no such rating
-- formula: the user's ratings of the track's album, its artist, the album's other tracks (siblings), all
--   tracks of the artist, and the artist's other albums and their tracks (group HL of Xie et al., KDD Cup
--   2011)
with

candidates as (
    select user_id, track_id, album_direct, artist_direct, sibling_mean, sibling_count
    from {{ ref('features.candidates') }}
),

siblings as (
    select
        user_id,
        track_id,
        count(*) filter (where is_like) / count(*) as sibling_liked_share
    from {{ ref('features.nearby_ratings') }}
    where level = 'sibling'
    group by user_id, track_id
),

tracks as (
    select
        user_id,
        track_id,
        artist_track_count,
        artist_track_mean,
        artist_track_liked / artist_track_count as artist_track_liked_share
    from {{ ref('features.artist_tracks') }}
),

works as (
    select
        user_id,
        track_id,
        artist_sibling_count as other_work_count,
        artist_sibling_mean as other_work_mean,
        artist_sibling_liked / artist_sibling_count as other_work_liked_share
    from {{ ref('features.artist_siblings') }}
),

final as (
    select
        candidates.*,
        siblings.sibling_liked_share,
        coalesce(tracks.artist_track_count, 0) as artist_track_count,
        tracks.artist_track_mean,
        tracks.artist_track_liked_share,
        coalesce(works.other_work_count, 0) as other_work_count,
        works.other_work_mean,
        works.other_work_liked_share
    from candidates
    left join siblings on candidates.user_id = siblings.user_id and candidates.track_id = siblings.track_id
    left join tracks on candidates.user_id = tracks.user_id and candidates.track_id = tracks.track_id
    left join works on candidates.user_id = works.user_id and candidates.track_id = works.track_id
)

select * from final
