"""ape as a user runs it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.venues.deployment import ROOT

# The first accounts of every anvil, which ape knows as TEST::0 and so on.
OWNER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
OPERATOR = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
GUARDIAN = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
TREASURY = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
NEWCOMER = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"

ASKED = ("--owner", OWNER, "--operator", OPERATOR, "--guardian", GUARDIAN, "--treasury", TREASURY)


@dataclass
class Ape:
    """`ape run deploy` against one node, with records and ape's own data in folders of the test."""

    url: str
    folder: Path
    network: str = "ethereum:sandbox"
    project: Path = ROOT
    env: dict[str, str] = field(default_factory=dict)

    @property
    def records(self) -> Path:
        return self.folder / "deployments"

    def run(self, *options: str) -> "subprocess.CompletedProcess[str]":
        command = [Path(sys.executable).parent / "ape", "run", "deploy", "--network", f"{self.network}:{self.url}"]
        env = {**os.environ, "APE_DATA_FOLDER": str(self.folder / "ape"), **self.env}
        told = [*command, "--records", str(self.records), *options]
        return subprocess.run(told, cwd=self.project, env=env, capture_output=True, text=True, timeout=120)

    def told(self, *options: str) -> dict[str, Any]:
        """The JSON of a run that succeeds."""
        done = self.run("--json", *options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refusal(self, *options: str) -> str:
        """The one line of a run that is refused."""
        done = self.run("--json", *options)
        assert (done.returncode != 0, done.stdout) == (True, "")
        *usage, line = done.stderr.strip().splitlines()
        assert "Traceback" not in done.stderr
        assert not usage or usage[0].startswith("Usage:")
        return line
