"""What several learners use: settings, sparse vectors, compiled loops."""
