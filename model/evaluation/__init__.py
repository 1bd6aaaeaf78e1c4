"""From a dancer file to a table: it hears songs, dances, and every measure is taken beside the recorded dances'."""
