"""Where published figures are from."""

DATA = "Dror et al., The Yahoo! Music Dataset and KDD-Cup'11, JMLR W&CP 18, 2012"
CITATION = (
    "Published figures are from the paper that this project follows, unless another source is named, and "
    f"are of the data of KDD Cup 2011, Track 2 ({DATA}). They are no target for other data."
)
