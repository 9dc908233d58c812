"""The same models on an Apache Spark cluster."""
