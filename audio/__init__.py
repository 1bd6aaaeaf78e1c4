"""Hearing: samples in, feature frames and a predicted beat out. Pure kernels with explicit state."""
