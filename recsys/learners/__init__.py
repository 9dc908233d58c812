"""Learners: each module turns relations of the warehouse into scores, by `recsys.project.contract`."""
