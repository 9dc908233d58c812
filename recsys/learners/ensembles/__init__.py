"""The ensemble: blends submissions and models by weights from their known accuracies."""
