"""From a checkpoint to a dancer file, and the schema of that file."""
