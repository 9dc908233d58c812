"""What is to be built: reads ``sql/`` (headers, parameters, templates) and the graph that ``ref()`` makes."""

from recsys.project.model import LAYERS, Model
from recsys.project.project import Project

__all__ = ["LAYERS", "Model", "Project"]
