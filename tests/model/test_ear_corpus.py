"""The ear's corpus holds what was asked for, in parts, and bad wishes are told in one line."""

from pathlib import Path

import pytest

from model.ear import corpus
from model.ear.parts import read


def test_kinds_and_styles_are_drawn_by_their_shares(tmp_path: Path) -> None:
    wishes = ["--hours", "0.1", "--jobs", "1", "--kind", "compound=2", "viennese waltz", "silence=1e-9"]
    assert corpus.main([str(tmp_path), *wishes]) == 0
    kinds = [heard.kind for heard in read(tmp_path)]
    assert len(kinds) == 6
    assert set(kinds) == {"compound", "viennese waltz"}


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        (["--kind", "polonaise"], "model.ear.corpus: --kind polonaise: is none of"),
        (["--kind", "waltz=0"], "argument --kind: waltz=0: the share must be a number over 0"),
        (["--kind", "waltz=much"], "argument --kind: waltz=much: the share must be a number over 0"),
        (["--kind", "waltz", "--hard"], "argument --hard: not allowed with argument --kind"),
        (["--hours", "nan"], "model.ear.corpus: --hours nan must be more than 0"),
    ],
)
def test_bad_wishes_are_told_in_one_line_and_nothing_is_written(
    wishes: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = corpus.main([str(tmp_path / "out"), *wishes])
    except SystemExit as err:
        code = int(err.code or 0)
    assert code == 2
    assert told in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "out").exists()
