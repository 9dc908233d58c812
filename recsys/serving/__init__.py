"""Answers from a published warehouse: ids, lists, explanations, exports."""
