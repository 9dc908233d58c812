"""The demo data set: a synthetic counterpart of the Yahoo! Music data of KDD Cup 2011, Track 2.

The real data may not be redistributed, so the project simulates its own: listeners with a taste discover
artists, albums and tracks, rate them on a star widget, and are tested by the protocol of the Cup. `check`
compares a data directory with the real data.
"""

from recsys.synthetic.acceptance import check
from recsys.synthetic.dataset import generate
from recsys.synthetic.statistic import Statistic

__all__ = ["Statistic", "check", "generate"]
