"""Writes test/fixtures/checkpoint/hub-layout.json: what Python's huggingface_hub makes of a cache, and proves both ways that flamingo shares it.

Run from the repository root with Node on the PATH:
    python -m venv /tmp/venv-hub && /tmp/venv-hub/bin/pip install huggingface_hub==2.4.0 && /tmp/venv-hub/bin/python tools/reference/hub_layout.py
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

NAME = "flamingo-tests/layout"
FOLDER = "models--flamingo-tests--layout"

server = subprocess.Popen(["node", "test/checkpoint/serve-layout.ts"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
endpoint = server.stdout.readline().strip()
# Read when the library is imported.
os.environ.update(HF_ENDPOINT=endpoint, HF_HOME=tempfile.mkdtemp(), HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_PROGRESS_BARS="1")

import huggingface_hub  # noqa: E402
from huggingface_hub import get_cached_repo_tree, scan_cache_dir, snapshot_download  # noqa: E402
from huggingface_hub.errors import IncompleteSnapshotError  # noqa: E402


def listing(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)}"
        elif path.is_file():
            found[name] = path.read_text() if name.startswith(("refs/", "trees/")) else f"{path.stat().st_size} bytes"
    return dict(sorted(found.items()))


def contents(snapshot: str) -> dict[str, bytes]:
    return {path.relative_to(snapshot).as_posix(): path.read_bytes() for path in sorted(Path(snapshot).rglob("*")) if path.is_file()}


def flamingo(cache: Path, *arguments: str, **environment: str) -> dict:
    command = ["node", "bin/flamingo.mjs", "pull", NAME, "--json", *arguments]
    done = subprocess.run(command, env={**os.environ, "HF_HUB_CACHE": str(cache), **environment}, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


pythons, ours, part = (Path(tempfile.mkdtemp()).resolve() for _ in range(3))
by_python = snapshot_download(NAME, cache_dir=pythons)
snapshot_download(NAME, revision="refs/pr/7", cache_dir=pythons)

# What flamingo downloaded, Python finds without a network, and it is the same in every byte, link and name.
by_us = flamingo(ours)
flamingo(ours, "--revision", "refs/pr/7")
assert snapshot_download(NAME, cache_dir=ours, local_files_only=True) == by_us["folder"]
assert contents(by_us["folder"]) == contents(by_python)
assert listing(ours / FOLDER) == listing(pythons / FOLDER), (listing(ours / FOLDER), listing(pythons / FOLDER))
assert (ours / "CACHEDIR.TAG").read_text() == (pythons / "CACHEDIR.TAG").read_text()
assert len(get_cached_repo_tree(NAME, cache_dir=ours)) == len(by_us["files"])
assert not scan_cache_dir(ours).warnings

# A part is known to Python as a part.
flamingo(part, "--include", "*.json")
assert sorted(contents(snapshot_download(NAME, cache_dir=part, local_files_only=True, allow_patterns="*.json"))) == ["config.json", "parts/more/copy of config.json"]
try:
    snapshot_download(NAME, cache_dir=part, local_files_only=True)
    raise AssertionError("Python takes a part for the whole")
except IncompleteSnapshotError:
    pass

# What Python downloaded, flamingo finds offline, and online it downloads nothing again.
for found in (flamingo(pythons, HF_HUB_OFFLINE="1", HF_ENDPOINT="http://127.0.0.1:9"), flamingo(pythons)):
    assert found["folder"] == by_python and found["downloaded"] == 0 and found["bytes"] == sum(map(len, contents(by_python).values()))

server.stdin.close()
server.wait()
record = {"huggingface_hub": huggingface_hub.__version__, "listing": listing(pythons / FOLDER)}
Path("test/fixtures/checkpoint/hub-layout.json").write_text(json.dumps(record, indent=2) + "\n")
print("flamingo and Python share the cache", file=sys.stderr)
