"""The commands a user and the workflow run."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = [
    ROOT / ".ci" / "run",
    *(ROOT / "scripts" / name for name in ("setup", "demo", "test", "check", "bench", "load", "fuzz")),
]
TOOLS = (
    "bash",
    "cat",
    "cut",
    "dirname",
    "env",
    "find",
    "grep",
    "head",
    "rm",
    "sha256sum",
    "shasum",
    "sort",
    "tr",
    "uname",
    "xargs",
)

OLD = "#!/bin/sh\nexit 1\n"  # says no to every question about its version
NODE_20 = "#!/bin/sh\nexit 0\n"
PYTHON_WITHOUT_VENV = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\nexit 0\n'


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_stop_at_the_first_failure(script: Path) -> None:
    """Each is executable bash that parses, and does not run on after an error."""
    assert os.access(script, os.X_OK)
    text = script.read_text()
    assert text.startswith("#!/usr/bin/env bash\n# ")
    assert "\nset -euo pipefail\n" in text
    subprocess.run(["bash", "-n", script], check=True)


def run_setup(folder: Path, **programs: str) -> "subprocess.CompletedProcess[str]":
    """scripts/setup in a copy, on a machine that has the usual tools and these programs."""
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup", folder / "scripts")
    path = folder / "bin"
    path.mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            (path / tool).symlink_to(found)
    for name, text in programs.items():
        (path / name).write_text(text)
        (path / name).chmod(0o755)
    return subprocess.run([folder / "scripts" / "setup"], env={"PATH": str(path)}, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("programs", "missing"),
    [
        ({}, ["Python 3.11 or newer", "Node.js 18 or newer"]),
        ({"python3": OLD, "node": OLD}, ["Python 3.11 or newer", "Node.js 18 or newer"]),
        ({"node": NODE_20, "npm": NODE_20}, ["Python 3.11 or newer"]),
        ({"python3": PYTHON_WITHOUT_VENV, "node": NODE_20, "npm": NODE_20}, ["venv and pip of python3"]),
        ({"python3": PYTHON_WITHOUT_VENV, "node": NODE_20}, ["venv and pip of python3", "npm"]),
    ],
)
def test_set_up_says_what_is_missing_and_does_nothing(
    tmp_path: Path, programs: dict[str, str], missing: list[str]
) -> None:
    """One line for each thing that is missing, all of them at once, and nothing is begun."""
    done = run_setup(tmp_path, **programs)

    lines = done.stderr.splitlines()
    assert (done.returncode, done.stdout, len(lines)) == (1, "", len(missing))
    for line, thing in zip(lines, missing, strict=True):
        assert line.startswith(f"setup: missing: {thing}")
    assert {each.name for each in tmp_path.iterdir()} == {"scripts", "bin"}


def test_the_workflow_runs_what_users_run() -> None:
    """The workflow has no command of its own: all it runs is scripts, and what they ask for on macOS."""
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    commands = re.findall(r"^\s+(?:- )?run: (.+)$", workflow, re.MULTILINE)
    assert ".ci/run" in commands
    assert all(re.match(r"(scripts/\w+|\.ci/run|brew install libusb)$", command) for command in commands), commands
