"""The stage: sources, engines, sinks, and the loop that joins them."""
