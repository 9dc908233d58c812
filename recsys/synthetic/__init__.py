"""The demo data set: a synthetic twin of the Yahoo! Music data of the KDD Cup 2011, Track 2.

The real data may not be passed on, so the project makes its own: listeners with a taste meet artists, albums
and tracks, rate them on a star widget, and are tested by the protocol of the Cup. ``check`` measures how
close a data directory comes to the real one.
"""

from recsys.synthetic.acceptance import check
from recsys.synthetic.dataset import generate
from recsys.synthetic.statistic import Statistic

__all__ = ["Statistic", "check", "generate"]
