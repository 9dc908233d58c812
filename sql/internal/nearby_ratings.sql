-- grain: one rating by the user of the track's album, artist, genre or a sibling track, with the columns of
--   features.nearby_ratings
-- arguments: the_user, the_track
-- units: level is 'album', 'artist', 'genre' or 'sibling' (another track of the same album)
-- nulls: none
with

final as {{ inline('features.nearby_ratings', {
    'staging.candidates': ref('internal.require_pair') ~ '(the_user, the_track)',
    'staging.ratings': ref('internal.user_ratings') ~ '(the_user)',
}) }}

select * from final
