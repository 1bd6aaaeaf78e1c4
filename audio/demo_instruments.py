"""Which kits and instruments the families of the demo music use."""

from dataclasses import dataclass

from audio import demo_voices_drums as d
from audio import demo_voices_held as h
from audio import demo_voices_percussion as p
from audio import demo_voices_struck as s
from audio.demo_voices import Hit, Maker


@dataclass(frozen=True)
class Kit:
    """Drums that differ from those of every kit; `skins` are played by hand, duller when softer."""

    hits: dict[str, Hit]
    skins: bool = True


EVERY: dict[str, Hit] = {
    "kick": d.kick_acoustic,
    "snare": d.snare_acoustic,
    "clap": d.clap,
    "hat": d.hat_of("acoustic", 0.02, 0.05),
    "open": d.hat_of("acoustic", 0.1, 0.3),
    "shaker": p.shaker,
    "ride": d.ride,
    "crash": d.crash,
    "china": d.china,
    "rim": d.rim,
    "snap": d.snap,
    "tom": p.drum(90.0, 150.0, 0.08, 0.2),
    "tom_hi": p.drum(140.0, 220.0, 0.07, 0.16),
    "tom_lo": p.drum(65.0, 100.0, 0.1, 0.25),
    "conga": p.drum(170.0, 320.0, 0.05, 0.14),
    "bongo": p.drum(320.0, 560.0, 0.03, 0.08, 0.5),
    "surdo": p.drum(52.0, 80.0, 0.15, 0.35, 0.1),
    "timbale": p.drum(260.0, 460.0, 0.05, 0.15, 0.5),
    "bell": p.cowbell,
    "agogo": p.agogo,
    "clave": p.clave,
    "block": p.block,
    "tick": p.tick,
    "tamb": p.tambourine,
    "guiro": p.guiro,
    "brush": p.brush,
    "zap": p.zap,
}
_MACHINE_HATS: dict[str, Hit] = {"hat": d.hat_of("machine", 0.015, 0.05), "open": d.hat_of("machine", 0.1, 0.3)}
_CHIP: dict[str, Hit] = {
    "kick": d.kick_chip,
    "snare": d.snare_chip,
    "clap": d.snare_chip,
    "hat": d.hat_of("chip", 0.02, 0.05),
    "open": d.hat_of("chip", 0.1, 0.2),
    "ride": d.hat_of("chip", 0.05, 0.1),
    "crash": d.hat_of("chip", 0.4, 0.8),
    "shaker": d.hat_of("chip", 0.01, 0.03),
    "tom": p.zap,
}
_LOFI: dict[str, Hit] = {
    "kick": d.through(d.kick_acoustic, 35.0, 2_500.0, 2.0),
    "snare": d.through(d.snare_acoustic, 150.0, 4_500.0, 1.5, 7),
    "hat": d.hat_of("dull", 0.015, 0.05),
    "open": d.hat_of("dull", 0.08, 0.2),
    "rim": d.through(d.rim, 200.0, 4_000.0, 1.5, 7),
}
_BIG: dict[str, Hit] = {
    "kick": d.in_room(d.kick_acoustic, 0.5, 0.3),
    "snare": d.in_room(d.snare_acoustic, 0.8, 0.45),
    "tom": d.in_room(EVERY["tom"], 0.8, 0.4),
}
_808: dict[str, Hit] = {"kick": d.kick_808, "snare": d.snare_808, **_MACHINE_HATS}
_909: dict[str, Hit] = {"kick": d.kick_909, "snare": d.snare_909, **_MACHINE_HATS}

KITS: dict[str, Kit] = {
    "clean": Kit({"kick": d.kick_909, "snare": d.snare_909, "hat": d.hat_of("machine", 0.03, 0.03)}, skins=False),
    "acoustic": Kit({}),
    "big": Kit(_BIG),
    "metal": Kit({"kick": d.kick_metal, "snare": d.in_room(d.snare_metal, 0.5, 0.25)}),
    "808": Kit(_808, skins=False),
    "909": Kit(_909, skins=False),
    "hard": Kit({**_909, "kick": d.kick_hard}, skins=False),
    "gated": Kit({**_909, "kick": d.kick_acoustic, "snare": d.snare_gated}, skins=False),
    "chip": Kit(_CHIP, skins=False),
    "lofi": Kit(_LOFI),
    "dusty": Kit({**_BIG, "hat": _LOFI["hat"], "open": _LOFI["open"]}),
    "brushes": Kit({"kick": d.kick_soft, "snare": d.snare_brush, "clap": d.snap}),
    "jazz": Kit({"kick": d.kick_soft, "hat": d.hat_of("acoustic", 0.03, 0.08)}),
    "tiny": Kit({"kick": p.drum(80.0, 130.0, 0.03, 0.07), "snare": d.rim, "hat": p.shaker, "open": p.tambourine}),
    "cocktail": Kit({"kick": EVERY["surdo"], "snare": p.brush, "hat": p.shaker, "open": p.tambourine}),
}


def drum_of(kit: str, voice: str) -> Hit:
    """The drum that plays `voice` in a kit."""
    return KITS[kit].hits.get(voice, EVERY[voice])


marimba = s.mallet((1.0, 3.93, 9.2), 0.12, 0.3)
vibes = s.mallet((1.0, 4.0, 10.2), 0.7, 1.5, 0.3)
glockenspiel = s.mallet((1.0, 2.76, 5.4), 0.4, 1.2)
kalimba = s.mallet((1.0, 5.8), 0.2, 0.5)
steel_drum = s.mallet((1.0, 2.0, 3.0, 4.1), 0.15, 0.4)

_BASSES: tuple[Maker, ...] = (s.finger_bass, s.pick_bass, s.upright_bass, h.sub_bass)
_KEYS: tuple[Maker, ...] = (s.piano, s.electric_piano, h.organ)
_PADS: tuple[Maker, ...] = (h.slow_strings, h.choir, h.swell, h.organ)
_MALLETS: tuple[Maker, ...] = (marimba, vibes, glockenspiel, kalimba)
_GUITARS: tuple[Maker, ...] = (s.guitar, s.nylon, s.clean_guitar)
_SINGERS: tuple[Maker, ...] = (h.voice, h.voice, h.flute, h.reed, h.fiddle)
_SYNTHS: tuple[Maker, ...] = (h.supersaw, s.synth_pluck, s.fm_bell, h.hook)

ROLES: dict[str, tuple[Maker, ...]] = {  # what any family may have
    "bass": (*_BASSES, s.fm_bass, s.slap_bass, s.piano),
    "chord": (*_KEYS, *_GUITARS, h.supersaw, h.accordion, h.brass, marimba, s.clavinet),
    "pad": (*_PADS, h.accordion),
    "lead": (*_SINGERS, h.hook, s.piano, s.clean_guitar, h.brass, vibes, h.pulse, s.fm_bell),
    "arp": (*_MALLETS, s.synth_pluck, s.harp, s.piano, h.pulse, s.nylon),
    "riff": (s.power_guitar, s.clean_guitar, s.clavinet, h.brass, h.hook, s.piano),
    "comp": (s.piano, s.clean_guitar, h.organ, s.electric_piano, h.brass, s.banjo),
}
SOLOISTS: tuple[Maker, ...] = (
    s.piano,
    s.piano,
    s.piano,
    s.guitar,
    s.nylon,
    h.accordion,
    h.organ,
    s.harp,
    s.electric_piano,
)
STRUCK: tuple[Maker, ...] = (
    *_MALLETS, *_GUITARS, s.piano, s.electric_piano, s.harp, s.banjo, s.fm_bell, s.upright_bass, steel_drum,
)  # fmt: skip


@dataclass(frozen=True)
class Family:
    """Kits, instruments by role, and how often one instrument plays everything."""

    kits: tuple[str, ...]
    roles: dict[str, tuple[Maker, ...]]
    solo: float = 0.03


def _family(kits: str, solo: float = 0.03, **roles: tuple[Maker, ...]) -> Family:
    return Family(tuple(kits.split()), {**ROLES, **roles}, solo)


FAMILIES: dict[str, Family] = {
    "electronic": _family(
        "909 909 808 hard gated",
        bass=(h.acid_bass, h.sub_bass, s.fm_bass, h.acid_bass),
        chord=(h.supersaw, s.synth_pluck, h.supersaw, s.piano, h.organ, s.fm_bell),
        pad=(h.swell, h.slow_strings, h.choir, h.supersaw),
        lead=(*_SYNTHS, h.pulse, h.voice),
        arp=(s.synth_pluck, h.pulse, s.fm_bell, h.acid_bass),
        riff=(h.hook, h.supersaw, h.acid_bass, s.synth_pluck),
        comp=(s.synth_pluck, h.supersaw, s.clean_guitar),
    ),
    "disco": _family(
        "acoustic 909 808 gated",
        bass=(s.finger_bass, s.slap_bass, h.sub_bass, s.pick_bass),
        chord=(s.clean_guitar, h.slow_strings, s.piano, s.electric_piano, h.brass),
        lead=(h.voice, h.brass, h.slow_strings, h.hook, h.flute),
    ),
    "chip": _family(
        "chip chip chip 808",
        bass=(h.chip_triangle, h.chip_triangle, h.pulse),
        chord=(h.chip_chord, h.chip_chord, h.pulse),
        pad=(h.chip_chord, h.pulse),
        lead=(h.pulse,),
        arp=(h.pulse, h.chip_chord),
        riff=(h.pulse, h.chip_triangle),
        comp=(h.chip_chord, h.pulse),
    ),
    "rock": _family(
        "acoustic acoustic big big dusty gated",
        bass=(s.finger_bass, s.pick_bass, s.pick_bass),
        chord=(s.power_guitar, s.clean_guitar, s.guitar, h.organ, s.piano),
        lead=(h.voice, h.voice, s.power_guitar, s.clean_guitar, h.hook),
        riff=(s.power_guitar, s.muted_guitar, s.clean_guitar),
        comp=(s.clean_guitar, h.organ, s.power_guitar),
    ),
    "metal": _family(
        "metal metal big acoustic",
        bass=(s.pick_bass, s.pick_bass, s.finger_bass),
        chord=(s.power_guitar, s.muted_guitar),
        pad=(h.slow_strings, h.choir, s.power_guitar),
        lead=(s.power_guitar, s.power_guitar, h.voice),
        arp=(s.clean_guitar, s.power_guitar),
        riff=(s.muted_guitar, s.muted_guitar, s.power_guitar),
        comp=(s.power_guitar, s.muted_guitar),
    ),
    "latin": _family(
        "acoustic acoustic cocktail tiny 808",
        bass=(s.upright_bass, s.finger_bass, s.finger_bass, h.sub_bass),
        chord=(s.piano, s.piano, s.nylon, s.electric_piano, h.brass),
        lead=(h.brass, h.voice, h.flute, s.nylon, h.reed),
        comp=(s.piano, s.nylon, h.brass),
    ),
    "african": _family(
        "acoustic tiny cocktail",
        bass=(s.finger_bass, s.upright_bass),
        chord=(s.clean_guitar, marimba, kalimba, h.organ),
        lead=(h.voice, h.choir, s.clean_guitar, marimba, h.brass, steel_drum),
        arp=(kalimba, marimba, s.clean_guitar),
        riff=(s.clean_guitar, marimba),
    ),
    "jazz": _family(
        "brushes jazz jazz acoustic",
        0.12,
        bass=(s.upright_bass, s.upright_bass, s.finger_bass),
        chord=(s.piano, s.piano, s.electric_piano, s.clean_guitar, vibes, h.organ),
        lead=(h.reed, h.reed, h.brass, vibes, s.piano, h.flute, h.voice, s.clean_guitar),
        comp=(s.piano, s.clean_guitar, h.organ, vibes),
    ),
    "folk": _family(
        "tiny acoustic brushes cocktail",
        0.2,
        bass=(s.upright_bass, s.finger_bass, s.guitar),
        chord=(s.guitar, s.guitar, s.nylon, s.banjo, h.accordion),
        pad=(h.accordion, h.slow_strings, h.fiddle),
        lead=(*_SINGERS, s.banjo, h.accordion, s.guitar),
        arp=(s.guitar, s.nylon, s.banjo, s.harp),
        riff=(s.guitar, h.fiddle, s.banjo),
        comp=(s.guitar, s.banjo, s.nylon),
    ),
    "lofi": _family(
        "lofi lofi dusty 808 brushes",
        0.08,
        bass=(h.sub_bass, s.upright_bass, s.finger_bass),
        chord=(s.electric_piano, s.electric_piano, s.piano, s.nylon, s.clean_guitar),
        pad=(h.swell, h.choir, s.electric_piano),
        lead=(s.electric_piano, h.flute, s.nylon, vibes, s.piano, h.voice, s.fm_bell),
    ),
    "funk": _family(
        "acoustic dusty gated jazz",
        bass=(s.slap_bass, s.finger_bass, s.slap_bass, h.acid_bass),
        chord=(s.clavinet, s.clean_guitar, h.organ, s.electric_piano, h.brass),
        lead=(h.brass, h.voice, h.hook, h.reed),
        riff=(s.clavinet, s.clean_guitar, h.brass),
    ),
    "hiphop": _family(
        "808 808 dusty lofi acoustic",
        bass=(h.sub_bass, h.sub_bass, s.finger_bass, s.upright_bass),
        chord=(s.electric_piano, s.piano, h.slow_strings, s.fm_bell, s.nylon),
        lead=(h.voice, s.fm_bell, h.flute, h.hook, s.piano),
    ),
    "reggae": _family(
        "acoustic dusty tiny 808",
        bass=(s.finger_bass, h.sub_bass, s.finger_bass),
        chord=(s.clean_guitar, h.organ, s.piano),
        lead=(h.voice, h.brass, h.organ, h.accordion),
        comp=(h.organ, s.clean_guitar, s.piano),
    ),
    "waltz": _family(
        "brushes jazz tiny acoustic",
        0.35,
        bass=(s.upright_bass, s.piano, h.accordion),
        chord=(s.piano, s.piano, h.accordion, h.slow_strings, s.harp, s.nylon),
        pad=(h.slow_strings, h.choir),
        lead=(h.fiddle, h.accordion, s.piano, h.flute, h.reed, h.voice, glockenspiel),
    ),
    "ballad": _family(
        "acoustic big brushes gated 808",
        0.15,
        bass=(s.finger_bass, s.upright_bass, h.sub_bass),
        chord=(s.piano, s.electric_piano, s.guitar, s.nylon, s.fm_bell),
        lead=(h.voice, h.voice, h.reed, s.clean_guitar, s.piano),
    ),
}
