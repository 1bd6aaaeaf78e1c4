"""The numbers of the stage's hearing, each known here and nowhere else."""

RATE = 24_000  # Hz: the stage rate, mono float32 in [-1, 1]
HOP = 400  # samples: one analysis hop, 1/60 s
HOPS_PER_FRAME = 4
FRAME = HOP * HOPS_PER_FRAME  # samples: one pose frame
FRAME_RATE = RATE // FRAME  # Hz: 15 poses a second
HOP_RATE = RATE // HOP  # Hz: 60 hops a second

assert FRAME_RATE * FRAME == RATE, "the frame must divide the rate, or time would drift"


class AudioError(ValueError):
    """Sound that cannot be used; the message is one line that names the thing and the remedy."""
