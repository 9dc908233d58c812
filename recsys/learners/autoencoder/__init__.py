"""A denoising autoencoder of users' ratings."""
