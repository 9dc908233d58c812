"""Classifiers of candidates, trained on labels by scikit-learn or Spark ML."""
