"""Packaging: the same files give the same bytes, and the template's paths all become objects."""

from __future__ import annotations

import importlib
import json
import os
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

from local.deployment import HOUSE, PACKAGES, _built, dangling, packaged, zipped

MACHINES = sorted((HOUSE / "statemachines").glob("*.asl.yaml"))


def _folder(at: Path) -> Path:
    (at / "inner").mkdir(parents=True)
    (at / "app.py").write_text("one")
    (at / "inner" / "more.py").write_text("two")
    (at / "__pycache__").mkdir()
    (at / "__pycache__" / "app.pyc").write_bytes(b"three")
    return at


def test_a_zip_depends_on_names_and_contents_alone(tmp_path: Path) -> None:
    first, second = _folder(tmp_path / "a"), _folder(tmp_path / "b")
    os.utime(second / "app.py", (1, 1))
    (second / "__pycache__" / "app.pyc").write_bytes(b"other")
    assert zipped(first) == zipped(second)
    (second / "app.py").write_text("changed")
    assert zipped(first) != zipped(second)


def test_a_zip_holds_every_file_but_what_python_left_behind(tmp_path: Path) -> None:
    names = zipfile.ZipFile(BytesIO(zipped(_folder(tmp_path / "a")))).namelist()
    assert names == ["app.py", "inner/more.py"]


def test_every_path_of_the_template_becomes_an_object_of_the_packages_bucket(tmp_path: Path) -> None:
    template = yaml_parse((HOUSE / "template.yaml").read_text("utf-8"))
    for resource in template["Resources"].values():
        resource.get("Metadata", {}).pop("BuildMethod", None)  # zipped as it lies there: building needs the network
    result, objects = packaged(template, tmp_path)
    for resource in result["Resources"].values():
        for key in ("CodeUri", "ContentUri"):
            if key in resource["Properties"]:
                assert resource["Properties"][key]["Bucket"] == PACKAGES
                assert resource["Properties"][key]["Key"] in objects
        assert "DefinitionUri" not in resource["Properties"]


def test_a_layer_is_built_once_however_many_stacks_start_at_once(tmp_path: Path) -> None:
    folder, cache, builds = tmp_path / "layer", tmp_path / "cache", tmp_path / "builds"
    folder.mkdir()
    cache.mkdir()
    steps = (f"echo built >> {builds}", "mkdir -p $(ARTIFACTS_DIR)/python", "echo x > $(ARTIFACTS_DIR)/python/x.py")
    (folder / "Makefile").write_text("build-SomeLayer:\n" + "".join(f"\t{step}\n" for step in steps))
    with ThreadPoolExecutor(6) as stacks:
        zips = list(stacks.map(lambda _: _built(folder, "SomeLayer", cache), range(6)))
    assert len(set(zips)) == 1
    assert zipfile.ZipFile(BytesIO(zips[0])).namelist() == ["python/x.py"]
    assert builds.read_text() == "built\n"
    (folder / "Makefile").write_text((folder / "Makefile").read_text() + "# changed\n")
    assert _built(folder, "SomeLayer", cache) == zips[0]
    assert builds.read_text() == "built\nbuilt\n"
    assert len(list(cache.glob("*.zip"))) == 1


def test_our_package_lies_in_its_layer_where_the_cloud_looks_for_it() -> None:
    names = zipfile.ZipFile(BytesIO(zipped(HOUSE / "layers" / "meterai"))).namelist()
    assert "python/meterai/__init__.py" in names
    assert not [name for name in names if name.startswith("python/python")]


@pytest.mark.parametrize("path", MACHINES, ids=[path.name for path in MACHINES])
def test_every_state_machine_has_the_shape_that_the_language_asks_for(path: Path) -> None:
    lint = importlib.import_module("cfnlint.api").lint
    region = importlib.import_module("cfnlint.config").ManualArgs(regions=["ap-southeast-3"])
    some_function = "arn:aws:lambda:ap-southeast-3:123456789012:function:some"
    definition = yaml_parse(re.sub(r"\$\{\w+\}", some_function, path.read_text("utf-8")))
    role = "arn:aws:iam::123456789012:role/clock"
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": role, "Definition": definition}}
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Machine": machine}}
    faults = lint(json.dumps(template), config=region)
    assert [str(fault) for fault in faults if fault.rule.id.startswith("E36")] == []
    assert dangling(definition) == []


def test_a_state_that_is_not_there_or_that_nothing_leads_to_is_found() -> None:
    states = {
        "A": {"Type": "Choice", "Choices": [{"Next": "B"}], "Default": "Gone"},
        "B": {"Type": "Task", "Catch": [{"Next": "Missing"}], "End": True},
        "Alone": {"Type": "Pass", "Next": "B"},
        "M": {"Type": "Map", "ItemProcessor": {"StartAt": "X", "States": {}}, "Next": "A"},
    }
    assert dangling({"StartAt": "M", "States": states}) == [
        "M: StartAt leads to X, which is not there",
        "A leads to Gone, which is not there",
        "B leads to Missing, which is not there",
        "nothing leads to Alone",
    ]
