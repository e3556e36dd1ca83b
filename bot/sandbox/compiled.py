"""What must be compiled here, since no package holds its bytecode: Morpho Blue and Curve's StableSwap-NG.

Their sources are under licences of their own: they are fetched, compiled and cached on the user's machine, and
never part of repeg.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from bot.sandbox import artifacts, cache
from bot.sandbox.errors import SetupError

Say = Callable[[str], None]

_VYPER = "vyper==0.4.3"
_VYPER_SDIST = ("vyper-0.4.3.tar.gz", "22a7573657401d8a3bc690d65d6b7741680007180978c3a05f9892db31d5dcf5")
_CURVE_SOURCES = "vyper-0.4.3/tests/functional/examples/thirdparty/curvefi"
# The copies in Vyper's tests differ from what is deployed: one counts coins by uint128 and so has other selectors, the
# other writes beyond the end of arrays and so cannot hold liquidity. This sets both right.
_AS_DEPLOYED = {
    "CurveStableSwapNG.vy": ((b"uint128", b"int128"),),
    "CurveStableSwapMetaNG.vy": (
        (b"result[i] = _rates[i] * _balances[i] // PRECISION", b"result.append(_rates[i] * _balances[i] // PRECISION)"),
        (
            b"fees[i] = base_fee * difference // FEE_DENOMINATOR",
            b"fees.append(base_fee * difference // FEE_DENOMINATOR)",
        ),
        (b"self.admin_balances.append(0)", b"self.admin_balances.append(0)\n        self.stored_balances.append(0)"),
    ),
}


def morpho(say: Say) -> str:
    """Creation code of Morpho Blue, as 0x-hex."""
    asked = orjson.dumps(_morpho_input(), option=orjson.OPT_SORT_KEYS)
    version = (artifacts.MODULES / "solc-0.8.19" / "package.json").read_bytes()

    def make(file: Path) -> None:
        say("compiling Morpho Blue (solc 0.8.19, about half a minute, once)")
        file.write_text(_compile_morpho(asked))

    return cache.kept(f"morpho-{cache.digest(asked, version)}.hex", make).read_text()


def curve(say: Say) -> dict[str, str]:
    """Creation code of "CurveStableSwapNG" and "CurveStableSwapMetaNG", as 0x-hex."""
    inputs = cache.digest(*(part.encode() for part in _VYPER_SDIST), repr(_AS_DEPLOYED).encode())

    def make(file: Path) -> None:
        say("fetching Vyper and compiling Curve's StableSwap-NG (about 20 seconds, once)")
        file.write_bytes(orjson.dumps(_compile_curve(file.with_name(file.name + ".work"))))

    made: dict[str, str] = orjson.loads(cache.kept(f"curve-{inputs}.json", make).read_bytes())
    return made


def _morpho_input() -> dict[str, Any]:
    root = artifacts.MODULES / "@morpho-org" / "morpho-blue"
    files = [file for file in sorted(root.glob("src/**/*.sol")) if "mocks" not in file.parts]
    if not files:
        raise SetupError("node_modules/@morpho-org/morpho-blue is missing: run scripts/setup")
    return {
        "language": "Solidity",
        "sources": {str(file.relative_to(root)): {"content": file.read_text()} for file in files},
        "settings": {
            "optimizer": {"enabled": True, "runs": 999_999},
            "viaIR": True,
            "evmVersion": "paris",
            "metadata": {"bytecodeHash": "none"},
            "outputSelection": {"src/Morpho.sol": {"Morpho": ["evm.bytecode.object"]}},
        },
    }


def _compile_morpho(asked: bytes) -> str:
    compiler = artifacts.ROOT / "scripts" / "solc" / "solc-0.8.19"
    done = subprocess.run([compiler, "--standard-json"], input=asked, capture_output=True, check=False)
    if done.returncode:
        raise SetupError(f"solc 0.8.19 failed: {done.stderr.decode()}")
    output = orjson.loads(done.stdout)
    wrong = [error["formattedMessage"] for error in output.get("errors", []) if error["severity"] == "error"]
    if wrong:
        raise SetupError("Morpho Blue does not compile:\n" + "\n".join(wrong))
    return "0x" + str(output["contracts"]["src/Morpho.sol"]["Morpho"]["evm"]["bytecode"]["object"])


def _compile_curve(work: Path) -> dict[str, str]:
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        python = _private_python(work / "venv")
        _run(python, "-m", "pip", "install", "--quiet", _VYPER)
        sources = _curve_sources(python, work)
        return {file.stem: _vyper(python, file) for file in sources}
    finally:
        shutil.rmtree(work)


def _curve_sources(python: Path, work: Path) -> list[Path]:
    """Fetches Vyper's source archive, checks it, and writes Curve's contracts from it as they are deployed."""
    _run(python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "vyper", _VYPER, "--dest", str(work))
    name, expected = _VYPER_SDIST
    archive = work / name
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != expected:
        raise SetupError(f"{name} has sha256 {found}, expected {expected}: not using it")
    return [_curve_source(archive, work, name) for name in _AS_DEPLOYED]


def _curve_source(archive: Path, work: Path, name: str) -> Path:
    with tarfile.open(archive) as files:
        member = files.extractfile(f"{_CURVE_SOURCES}/{name}")
        if member is None:
            raise SetupError(f"{archive.name} holds no {name}")
        text = member.read()
    for found, deployed in _AS_DEPLOYED[name]:
        text = text.replace(found, deployed)
    (work / name).write_bytes(text)
    return work / name


def _vyper(python: Path, file: Path) -> str:
    return _run(python.with_name("vyper"), "-f", "bytecode", str(file)).strip()


def _private_python(folder: Path) -> Path:
    """A Python of its own, so that the compiler's dependencies meet nobody else's."""
    try:
        _run(Path(sys.executable), "-m", "venv", str(folder))
    except SetupError:  # a Python without ensurepip, as Debian ships it
        uv = shutil.which("uv")
        if uv is None:
            raise
        shutil.rmtree(folder, ignore_errors=True)
        _run(Path(uv), "venv", "--quiet", "--seed", str(folder))
    return folder / "bin" / "python"


def _run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        shown = " ".join(str(word) for word in command)
        raise SetupError(f"{shown} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
