"""Item-to-item weights by EASE."""
