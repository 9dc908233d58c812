"""Rankers of candidates and of lists: boosted trees trained on the validation split."""
