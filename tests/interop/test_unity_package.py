"""The Unity package as files: what Unity's package manager wants, and what its README promises."""

import json
import re
from pathlib import Path

import pytest

from realtime import osc_control
from realtime.options import parse
from realtime.sinks import osc, vmc
from realtime.sinks.open import open_sinks
from tests.interop.unity.harness import HERE, MCS, PACKAGE, STUBS, compile_csharp, package_sources
from tests.realtime.swing import options

README = (PACKAGE / "README.md").read_text("utf-8")


def test_every_asset_has_a_guid_of_its_own():
    there = [path for path in PACKAGE.rglob("*") if path.suffix != ".meta" and not path.name.endswith("~")]
    guids = [re.search(r"^guid: ([0-9a-f]{32})$", Path(f"{path}.meta").read_text("utf-8"), re.M)[1] for path in there]
    assert len(set(guids)) == len(there) == len(list(PACKAGE.rglob("*.meta")))


def test_the_manifest_names_samples_that_are_there():
    manifest = json.loads((PACKAGE / "package.json").read_text("utf-8"))
    assert manifest["unity"] == "2021.3"
    assert all((PACKAGE / sample["path"]).is_dir() for sample in manifest["samples"])
    assert f"[{manifest['version']}]" in (PACKAGE / "CHANGELOG.md").read_text("utf-8")


def test_the_ports_are_those_that_the_stage_has_by_default():
    text = (PACKAGE / "Runtime" / "StreamingDancer.cs").read_text("utf-8")
    assert f"int port = {osc.PORT};" in text
    assert f"int controlPort = {osc_control.PORT};" in text
    assert str(vmc.PORT) in text


def test_the_stage_understands_every_command_of_the_readme():
    commands = re.findall(r"^\S*python -m realtime.run ([^#\n]*)", README, re.M)
    assert len(commands) >= 5
    for command in commands:
        sinks = [sink for sink in parse(command.split())[0].sink if "avatar=" not in sink]
        open_sinks(sinks, options("osc").info, print).close()


def test_every_field_of_the_component_is_in_the_readme():
    text = (PACKAGE / "Runtime" / "StreamingDancer.cs").read_text("utf-8")
    fields = re.findall(r"^        public \w+ (\w+)(?: =[^>\n]*)?;$", text, re.M)
    assert len(fields) >= 12
    labels = [re.sub(r"(?=[A-Z])", " ", field).title() for field in fields]
    assert [label for label in labels if label not in README] == []


@pytest.mark.skipif(not MCS, reason="mcs (mono-mcs) is not installed")
def test_the_script_of_the_readme_compiles(tmp_path):
    script = tmp_path / "Conductor.cs"
    script.write_text(re.search(r"```csharp\n(.*?)```", README, re.DOTALL)[1], "utf-8")
    sources = [script, *package_sources(), *(HERE / name for name in STUBS)]
    compile_csharp(tmp_path / "scripts.dll", sources, "-target:library", "-warn:4", "-warnaserror")
