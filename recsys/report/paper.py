"""Sources of published figures."""

DATA = "Dror et al., The Yahoo! Music Dataset and KDD-Cup'11, JMLR W&CP 18, 2012"
CITATION = (
    "Published figures are from the paper that this project follows, unless another source is named. They "
    f"are for the data of KDD Cup 2011, Track 2 ({DATA}) and do not apply to other data."
)
