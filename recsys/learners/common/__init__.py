"""Parts shared by learners: settings, sparse vectors, compiled loops."""
