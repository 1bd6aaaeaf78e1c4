"""What can be measured of a dance without a judge. Arrays in, numbers out, one file a family.

positions: [T, 22, 3] world metres of `motion.skeleton.HUMANOID` at `fps`. Everything is in seconds and metres: what
needs differences in time takes them on one grid of 60 Hz, so that the frame rate of a dance does not tell. A speed of
frames k and k + 1 belongs to the time (k + 0.5) / fps.
"""
