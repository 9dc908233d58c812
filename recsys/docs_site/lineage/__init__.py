"""The lineage of the models: as text, as a Mermaid flowchart, and as SVG."""
