"""The ear: the network that hears beats, the songs it learns from, and its training."""
