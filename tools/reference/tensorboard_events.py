"""Writes test/fixtures/train/tensorboard.json: two event files of a run that was killed and resumed, as our code writes them, and what TensorBoard's own reader finds in them.

Run from the repository root, after `npm ci`:
    python -m venv /tmp/venv-tensorboard && /tmp/venv-tensorboard/bin/pip install tensorboard==2.21.0 && /tmp/venv-tensorboard/bin/python tools/reference/tensorboard_events.py
"""
import base64
import json
import subprocess
import tempfile
from pathlib import Path

import tensorboard
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

with tempfile.TemporaryDirectory() as folder:
    subprocess.run(["node_modules/.bin/node", "--conditions=flamingo-source", "test/train/event-file-bytes.ts", folder], check=True)
    files = sorted(Path(folder).iterdir())
    # The loader looks at every checksum.
    loaded = {path.name: [[event.WhichOneof("what"), event.step] for event in EventFileLoader(str(path)).Load()] for path in files}
    accumulator = EventAccumulator(folder, size_guidance={"scalars": 0}).Reload()
    series = {
        tag: [[event.step, event.wall_time, event.value] for event in accumulator.Scalars(tag)]
        for tag in accumulator.Tags()["scalars"]
    }
    written = {
        "source": f"tensorboard {tensorboard.__version__}",
        "files": {path.name: base64.b64encode(path.read_bytes()).decode() for path in files},
        "records": loaded,
        "series": series,
    }

with open("test/fixtures/train/tensorboard.json", "w") as file:
    json.dump(written, file, indent=None, ensure_ascii=False)
    file.write("\n")
