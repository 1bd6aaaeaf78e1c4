"""The datagrams of one dancer in VMC: status (OK and T), Root, bones, whichever of them are due."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from realtime.frame import F32
from realtime.osc_wire import BUNDLE_HEAD, MAX_DATAGRAM, BundleTemplate, MessageTemplate, message

BUNDLES = ("split", "whole", "none")
Due = tuple[bool, bool, bool]  # status, Root, bones
EVERYTHING: Due = (True, True, True)


class PoseDatagrams:
    """Written in place each frame. bundle: "split" stays below one Ethernet frame each, "none" is single messages."""

    def __init__(self, names: Sequence[str], rest: F32, bundle: str) -> None:
        """names: the bones [B] to be sent; rest: [B, 3] where they are until the first pose."""
        self._names, self._rest, self._bundle = names, rest, bundle
        self._plans: dict[Due, list[tuple[BundleTemplate, NDArray[np.intp]]]] = {}

    def write(self, seconds: float, places: F32, due: Due = EVERYTHING) -> list[bytearray | memoryview]:
        """The datagrams of a frame: seconds of the stream, places [1 + B, 7] of Root and the bones."""
        if due not in self._plans:
            self._plans[due] = self._plan(due)
        numbers = np.concatenate([np.array([seconds], np.float32), places.ravel()])
        datagrams: list[bytearray | memoryview] = []
        for template, which in self._plans[due]:
            template.write(numbers[which])
            datagrams += template.parts if self._bundle == "none" else [template.data]
        return datagrams

    def _plan(self, due: Due) -> list[tuple[BundleTemplate, NDArray[np.intp]]]:
        """The bundles, and which of T and all places each of them holds."""
        status, root, bones = due
        start = [message("/VMC/Ext/OK", 1), message("/VMC/Ext/T", 0.0)] if status else []
        which = [0] if status else []
        if root:
            start.append(message("/VMC/Ext/Root/Pos", "root", *[0.0] * 6, 1.0))
            which += range(1, 8)
        turns = [
            message("/VMC/Ext/Bone/Pos", name, *map(float, offset), 0.0, 0.0, 0.0, 1.0)
            for name, offset in zip(self._names, self._rest, strict=True)
        ]
        turns = turns if bones else []
        which += range(8, 8 + 7 * len(turns))
        if self._bundle != "split" or _size(start + turns) <= MAX_DATAGRAM:
            return [(BundleTemplate(start + turns), np.array(which))]
        half = len(turns) // 2
        border = len(which) - 7 * (len(turns) - half)
        return [
            (BundleTemplate(start + turns[:half]), np.array(which[:border])),
            (BundleTemplate(turns[half:]), np.array(which[border:])),
        ]


def _size(messages: Sequence[MessageTemplate]) -> int:
    return len(BUNDLE_HEAD) + sum(4 + len(part.data) for part in messages)
