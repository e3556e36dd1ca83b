"""Where what is built once is kept: under the user's cache folder, by the hash of what it was made of."""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def folder() -> Path:
    """The sandbox's cache folder, made when it is not there."""
    root = os.environ.get("XDG_CACHE_HOME")
    home = (Path(root) if root else Path.home() / ".cache") / "repeg" / "sandbox"
    home.mkdir(parents=True, exist_ok=True)
    return home


def digest(*parts: bytes) -> str:
    """A name for these inputs."""
    joined = hashlib.sha256()
    for part in parts:
        joined.update(len(part).to_bytes(8, "big"))
        joined.update(part)
    return joined.hexdigest()[:24]


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """The file `name` of the cache, made by `make(path)` when it is not there: by one process, however many ask."""
    file = folder() / name
    if file.exists():
        return file
    file.parent.mkdir(parents=True, exist_ok=True)
    with locked(file.with_name(file.name + ".lock")):
        if not file.exists():
            unfinished = file.with_name(file.name + ".new")
            make(unfinished)
            unfinished.replace(file)
    return file


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Holds a lock among processes."""
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
