"""Describe what to build: read ``sql/`` (headers, parameters, templates) and the graph of ``ref()`` calls."""

from recsys.project.model import LAYERS, Model
from recsys.project.project import Project

__all__ = ["LAYERS", "Model", "Project"]
