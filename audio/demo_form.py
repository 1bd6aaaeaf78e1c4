"""The form of a song of the demo music: which section every bar belongs to, and who plays in it."""

from dataclasses import dataclass, replace

import numpy as np

from audio.demo_style import Style

EVERYONE = "drums bass chords comp pad lead arp riff"
# What a section may consist of; "tops" are the drums that play on when kick and snare rest.
LAYERS = {
    "intro": ("drums bass", "drums", "chords comp", "tops bass chords", "chords arp riff", "drums chords bass"),
    "verse": ("drums bass chords", "drums bass comp riff chords", "drums bass chords arp", "drums bass chords lead"),
    "chorus": (EVERYONE,),
    "solo": ("drums bass chords lead", "drums bass comp chords lead"),
    "break": ("tops pad lead bass", "pad chords lead", "chords bass", "pad arp comp chords", "drums", "tops chords"),
    "build": ("drums chords arp pad", "drums pad riff comp chords"),
}
PICK_UPS = ("lead", "", "drums", "bass lead", "lead chords", "drums bass chords")
FORMS = {
    "song": ("intro", "verse", "chorus", "verse", "chorus", "break", "chorus", "verse", "chorus"),
    "club": ("intro", "verse", "chorus", "break", "build", "chorus", "verse", "break", "build", "chorus"),
    "head": ("intro", "chorus", "solo", "solo", "chorus", "break", "chorus"),
    "loop": ("verse", "verse", "chorus", "verse", "break", "verse", "chorus"),
}
FORM_OF_FAMILY = {
    "electronic": ("club", "club", "loop"),
    "disco": ("club", "song"),
    "jazz": ("head",),
    "latin": ("song", "head"),
    "african": ("loop", "head"),
    "lofi": ("loop",),
    "hiphop": ("loop", "song"),
    "chip": ("song", "loop"),
}
ENDINGS = {"electronic": ("roll", "roll", "stop", "none"), "lofi": ("none", "none", "stop"), "jazz": ("fill", "none")}


@dataclass(frozen=True)
class Section:
    """`bars` of the same voices; `pace` -1 is half time, 1 double time; `ending` fill, roll, stop or none."""

    name: str
    bars: int
    voices: frozenset[str]
    pace: int = 0
    ending: str = "fill"


PLAIN = (  # what everybody knows, in this order
    Section("intro", 2, frozenset({"drums", "bass"})),
    Section("verse", 8, frozenset({"drums", "bass", "chords"})),
    Section("chorus", 8, frozenset(EVERYONE.split())),
    Section("break", 4, frozenset({"tops", "pad", "lead", "bass"})),
    Section("chorus", 8, frozenset(EVERYONE.split())),
    Section("verse", 8, frozenset({"drums", "bass", "chords"})),
    Section("chorus", 8, frozenset(EVERYONE.split())),
)


def plan(bars: int, style: Style, rng: np.random.Generator, from_start: bool, halving: bool = False) -> list[Section]:
    """The section of every bar, the pick-up (which may be empty) first.

    A song need not begin with its intro; one `from_start` does, and is plain. With `halving` the drums of about every
    other section play at half or double time.
    """
    if from_start:
        return [replace(PLAIN[0]), *_lay(PLAIN, bars, 0)]
    sections = _draw(style, rng)
    for index in range(len(sections)):
        if rng.random() < (0.5 if halving else 0.04):
            sections[index] = replace(sections[index], pace=int(rng.choice([-1, 1] if style.bpm[0] < 120 else [-1])))
    total = sum(section.bars for section in sections)
    pick_up = Section("pick-up", 1, frozenset(str(rng.choice(PICK_UPS)).split()), 0, str(rng.choice(["fill", "none"])))
    return [pick_up, *_lay(tuple(sections), bars, int(rng.integers(0, total)) if rng.random() < 0.7 else 0)]


def audible(form: list[Section], heard: set[str]) -> list[Section]:
    """Sections in which none of the voices that are `heard` has a part get bass, chords and pad."""
    made: dict[int, Section] = {}
    for section in form:
        if id(section) not in made:
            silent = section.name != "pick-up" and not section.voices & heard
            made[id(section)] = (
                replace(section, voices=section.voices | {"bass", "chords", "pad"}) if silent else section
            )
    return [made[id(section)] for section in form]


def _draw(style: Style, rng: np.random.Generator) -> list[Section]:
    """Sections of 2 to 16 bars, fewer where a bar is long; the same name is the same section each time."""
    order = FORMS[str(rng.choice(FORM_OF_FAMILY.get(style.family, ("song",))))]
    long = style.bpm[0] / style.metre > 40.0  # bars a minute
    made: dict[str, Section] = {}
    for name in order:
        if name not in made:
            bars = {"intro": (2, 4), "break": (2, 4), "build": (2, 4)}.get(name, (8, 16) if long else (4, 8))
            voices = frozenset(str(rng.choice(LAYERS[name])).split())
            endings = ENDINGS.get(style.family, ("fill", "fill", "fill", "stop", "none"))
            ending = "roll" if name == "build" else str(rng.choice(endings))
            made[name] = Section(name, int(rng.choice(bars)), voices, 0, ending)
    return [replace(made[name]) for name in order]


def _lay(sections: tuple[Section, ...], bars: int, skip: int) -> list[Section]:
    """Bars of the sections over and over, the first `skip` left out. No two neighbours are the same object."""
    made: list[Section] = []
    while len(made) < skip + bars:
        for section in sections:
            made += [replace(section)] * section.bars
    return made[skip : skip + bars]
