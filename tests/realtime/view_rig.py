"""What the tests of the window share: a view in this process, drawn without a display, and the stage's end."""

import contextlib
import os
from unittest import mock

import numpy as np
import pygame

from realtime.sinks.osc import OscSink
from realtime.sinks.view import free_port
from realtime.view import View
from realtime.view_stream import Receiver
from realtime.view_window import Window, open_display
from tests.realtime.swing import FPS, frame, options
from tests.realtime.udp_ear import Ear

BEGAN = 50.0  # s: when the first frame arrives
DRAWN = 4  # one picture for so many frames, and one of the last


@contextlib.contextmanager
def opened(size=(640, 360)):
    """A view with `stage`, the ear that its control messages come to, and `port`, where it hears."""
    with mock.patch.dict(os.environ, {"SDL_VIDEODRIVER": "dummy"}), Ear() as stage:
        open_display()
        port = free_port()
        with contextlib.closing(Receiver("127.0.0.1", port)) as receiver:
            view = View(receiver, f"127.0.0.1:{port}", ("127.0.0.1", stage.port), Window(size, 0, False))
            view.stage, view.port = stage, port
            yield view
        pygame.quit()


def feed(view, frames, dancers=1, began=BEGAN):
    """Let the stage play frames, 1/15 s apart: their numbers in the swing, or StageFrames. When it ended, drawn."""
    sink = OscSink(options("osc", f"127.0.0.1:{view.port}", dancers))
    now = began
    for n, k in enumerate(frames):
        sink.send(frame(k, dancers) if isinstance(k, int) else k)
        now += 1 / FPS
        view.receive(now)
        if n % DRAWN == 0 or k is frames[-1]:
            view.draw(now, DRAWN / FPS)
    sink.close()
    return now


def picture():
    """[width, height, 3] 0-255."""
    return pygame.surfarray.array3d(pygame.display.get_surface()).astype(np.int64)


def press(view, key, mod=0):
    """Strike a key."""
    view.handle(pygame.event.Event(pygame.KEYDOWN, key=key, mod=mod))
