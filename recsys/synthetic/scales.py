"""Sizes of the demo data set, and all calibrated constants of its simulation.

Sizes and targets are those of the Yahoo! Music data of KDD Cup 2011, Track 2 (Dror et al., "The Yahoo!
Music Dataset and KDD-Cup'11", JMLR W&CP 18, 2012). The constants were fitted to the acceptance table of
``recsys.synthetic.acceptance``. A pair is a habit of the lightest and of the heaviest users.
"""

from __future__ import annotations

from dataclasses import dataclass

VERSION = 2  # goes up whenever the same seed would give other bytes


@dataclass(frozen=True)
class Scale:
    """Give the size of a data set: counts of users and items, and the most ratings of a user.

    ``labelled_users`` are the test users whose labels are published. The artist at rank r has the popularity
    (r + ``fame_offset``) ** -FAME_EXPONENT. In a small catalogue a user covers more of it; a flatter
    distribution keeps chance meetings as rare as in the large one.
    """

    name: str
    users: int
    test_users: int
    labelled_users: int
    tracks: int
    albums: int
    artists: int
    genres: int
    most_ratings: int
    fame_offset: float


SCALES = {
    scale.name: scale
    for scale in (
        Scale("full", 49_204, 20_000, 1_000, 224_041, 52_829, 18_674, 567, 107_936, 70.0),
        Scale("small", 5_000, 2_000, 400, 22_404, 5_283, 1_867, 567, 10_794, 200.0),
        Scale("tiny", 500, 200, 100, 2_240, 528, 187, 567, 1_079, 300.0),
    )
}

Habit = tuple[float, float]

# --- Catalogue -------------------------------------------------------------------------------------------
COMMUNITIES = 24  # taste communities: groups of artists that the same people listen to
FAME_EXPONENT = 1.9  # steeper than the law of all items: users who meet an artist once thin out its head
ARTISTS_WITH_ALBUMS = 0.682
ALBUM_HOLDER_NOISE = 0.5  # how loosely the artists with albums are the famous ones
ALBUM_COUNT_SIGMA = 1.9  # log-normal spread of albums per artist
MOST_ALBUMS = 360  # of one artist
ALBUMS_WITH_TRACKS = 0.59
TRACK_HOLDER_NOISE = 0.2  # how loosely the albums with tracks are an artist's first ones
TRACK_COUNT_SIGMA = 0.7  # log-normal spread of tracks per album
ALBUM_ARTIST_MISSING = 0.116
TRACK_ALBUM_MISSING = 0.083
TRACK_ARTIST_MISSING = 0.044  # of tracks whose album's artist can stand in
TRACK_ARTIST_LOST = 0.09  # of tracks whose album lacks the artist as well
LOOSE_TRACK_ARTIST_MISSING = 0.9  # of tracks without album: the two mostly go missing together
TRACK_GENRES_MISSING = 0.06  # of tracks; their album's stand in
GENRE_DRAWS = 6.0  # genres drawn for an album on average; with repeats removed 2.4 are left
MOST_GENRES = 21  # of one album
GENRE_OFFSET = 1.0  # the genre at rank r of a community has the popularity (r + offset) ** -exponent
GENRE_EXPONENT = 2.4
GENRE_AT_HOME = 0.9  # share of an album's and of a listener's genres that are of the community at hand

# --- Activity and taste ----------------------------------------------------------------------------------
ACTIVITY_MEDIAN = 61.0  # ratings per user
ACTIVITY_SIGMA = 1.68  # its log-normal spread
FEWEST_RATINGS = 17
HEAVIEST = 10_000  # ratings from which on a user has the heaviest users' habits
MEAN_BY_ACTIVITY = (  # (ratings, mean rating): who rates more rates lower
    (17, 85.0),
    (100, 60.5),
    (1_000, 46.0),
    (10_000, 28.0),
    (100_000, 22.0),
)
LENIENCY_SPREAD = 0.9  # of users' means around their activity's, in standard deviations of an opinion
DEPTH_SPREAD = 0.8  # of users' inclination to go on from artists to albums and tracks, as a logit
TASTE_DIMENSIONS = 8
TASTE_NOISE = 0.6  # length of a user's or artist's distance from its community, whose vector has length 1
COMMUNITY_SHARES = (0.45, 0.25, 0.12)  # of a user's visits: first, second, third community; the rest: any
FAME_IN_QUALITY = 0.15  # correlation of an artist's quality with the logarithm of its popularity

# --- Exposure --------------------------------------------------------------------------------------------
ENCOUNTERS_PER_VISIT = 3  # artists met in one visit to a community
RATINGS_PER_ENCOUNTER: Habit = (1.5, 6.0)  # expected; decides how many encounters are drawn
SPARE_ENCOUNTERS: Habit = (1.6, 6.0)  # drawn for each expected one, since artists come up again
KNOWN_FAME: Habit = (0.7, 1.0)  # share of a community's popularity, from the top, that a user has heard of
EXPLORATION: Habit = (0.0, 0.25)  # share of encounters that ignore popularity
DIVE: Habit = (0.55, 0.985)  # share of encounters that go on to albums
DIVE_LIKING = 0.15  # logit of going on, per standard deviation of liking the artist
ARTIST_RATED_IN_DIVE: Habit = (0.95, 0.72)
ALBUMS_PER_DIVE: Habit = (1.0, 2.7)
ALBUM_RATED_WITH_ARTIST: Habit = (0.64, 0.85)  # of albums with tracks, where the artist is rated too
ALBUM_RATED_ALONE = 0.08  # of albums with tracks, where the artist is not rated
ALBUM_RATED_WITHOUT_TRACKS = 0.6
WHOLE_ALBUM: Habit = (0.04, 0.66)  # share of albums with several rated tracks, not just one
TRACKS_OF_WHOLE_ALBUM: Habit = (4.0, 8.0)
# How much the first of a list are preferred: its member at place n * u ** k is picked, u being uniform.
ALBUM_PREFERENCE: Habit = (8.0, 1.3)
HIT_PREFERENCE: Habit = (24.0, 1.6)  # where just one track of an album is rated
WHOLE_ALBUM_PREFERENCE = 1.5
GENRES_AT_MEDIAN = 11.5  # genres that a user of median activity would rate, repeats included
GENRE_GROWTH = 0.65  # exponent of activity in that number
GENRE_INTEREST_SIGMA = 0.8  # log-normal spread of users' interest in rating genres

# --- Opinions, in standard deviations --------------------------------------------------------------------
LIKING_BY_TASTE = 0.5  # loading of liking an artist on how well user and artist suit each other
LIKING_BY_QUALITY = 0.1
ARTIST_LOADING = 0.82  # loadings of opinions on the liking of the artist
ALBUM_LOADING = 0.92
ALBUM_LEVEL = -0.21  # people are harder on albums than on artists and tracks
TRACK_LOADING = 0.8
TRACK_ALBUM_LOADING = 0.26  # what the tracks of an album have in common beyond their artist
GENRE_LOADING = 0.8  # loading of the opinion of a genre on how well its community suits the user
RATING_SHARES = (  # (rating, share) over all ratings: the widget's stars; the rest is spread by the slider
    (0, 0.29),
    (30, 0.085),
    (50, 0.11),
    (70, 0.105),
    (80, 0.05),
    (90, 0.285),
    (100, 0.035),
)
LIKED = 80  # a rating from here on counts as liking

# --- Test ------------------------------------------------------------------------------------------------
FEWEST_LIKED_TRACKS = 8  # of a user who may be drawn for the test
