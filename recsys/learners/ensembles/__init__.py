"""Ensembles: blend submissions and models by weights from their known accuracies, or by stacking."""
