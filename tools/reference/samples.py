"""Small data sets as the authors' libraries write them, for test/data/samples.test.ts.

    python3 -m venv VENV && VENV/bin/pip install webdataset==1.0.2 pyarrow==26.0.1 pillow==11.0.0 numpy==2.4.6 scipy==1.17.1
    VENV/bin/python tools/reference/samples.py test/fixtures/data/samples

Pictures are plain colours: the colour of number i is (20 i, 255 - 20 i, 7 i), 24 x 16 pixels (WebDataset), so that a test can tell them apart.
"""

import base64
import io
import json
import sys
import tarfile
from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet
import webdataset
from PIL import Image
from scipy.optimize import linear_sum_assignment

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)


def picture(number, kind="PNG", size=(24, 16)):
    bytes_ = io.BytesIO()
    Image.new("RGB", size, (20 * number % 256, 255 - 20 * number % 256, 7 * number % 256)).save(bytes_, kind)
    return bytes_.getvalue()


def noise(seed):
    """A JPEG of a little more than 11,000 bytes."""
    pixels = numpy.random.default_rng(seed).integers(0, 256, (100, 110, 3), dtype=numpy.uint8)
    bytes_ = io.BytesIO()
    Image.fromarray(pixels).save(bytes_, "JPEG", quality=95)
    return bytes_.getvalue()


# img2dataset's layout, in two shards by webdataset's own writer.
for shard in range(2):
    with webdataset.TarWriter(str(out / f"pairs-{shard:03d}.tar"), mtime=0) as writer:
        for i in range(6):
            number = 6 * shard + i
            writer.write({"__key__": f"{shard:03d}{i:04d}", "png": picture(number), "txt": f"a picture of number {number}", "json": {"url": f"number-{number}", "width": 24}})

# Long names, which GNU tar and PAX write in two different ways, folders, and captions in JSON.
for name, form in (("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)):
    with tarfile.open(out / f"{name}.tar", "w", format=form) as tar:
        folder = tarfile.TarInfo("ünder")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for number in range(2):
            base = f"ünder/{'long-' * 30}{number}"
            for ending, content in (("jpg", picture(number, "JPEG")), ("json", json.dumps({"caption": f"number {number}"}).encode())):
                member = tarfile.TarInfo(f"{base}.{ending}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))

# MMC4 as OpenFlamingo's convert_mmc4_to_wds.py packs it. Two pictures whose sentences cross, one that is like nothing, one that is too small.
likeness = [[0.10, 0.12, 0.31, 0.30], [0.30, 0.26, 0.33, 0.10], [0.11, 0.20, 0.15, 0.22], [0.9, 0.9, 0.9, 0.9]]
pictures = [noise(0), noise(1), noise(2), picture(3)]
assert all(len(each) >= 11_000 for each in pictures[:3]) and len(pictures[3]) < 11_000
document = {
    "text_list": ["The first sentence.", "The second one.", "A third.", "And the last."],
    "similarity_matrix": likeness,
    "image_info": [{"image_name": f"{i}.jpg", "raw_url": f"number-{i}", "image_base64": base64.b64encode(each).decode()} for i, each in enumerate(pictures)],
}
with webdataset.TarWriter(str(out / "mmc4.tar"), mtime=0) as writer:
    writer.write({"__key__": "4f0d6a1e", "json": document})
rows, columns = linear_sum_assignment(-numpy.array(likeness[:3]))
matched = [[int(row), int(column)] for row, column in zip(rows, columns) if likeness[row][column] >= 0.24]
random = numpy.random.default_rng(5)
assignments = []
for shape in ((1, 1), (3, 3), (2, 6), (6, 2), (8, 20), (20, 8)):
    matrix = random.random(shape).round(3)
    chosen = linear_sum_assignment(-matrix)
    assignments.append({"likeness": matrix.tolist(), "sum": float(matrix[chosen].sum())})
(out / "mmc4.json").write_text(json.dumps({"matched": matched, "assignments": assignments}, indent=1) + "\n")

# Pairs as the datasets library writes them (a struct of bytes and path), once for each compression; several groups of rows.
pairs = pyarrow.table(
    {
        "image": pyarrow.array([{"bytes": picture(i), "path": f"{i}.png"} for i in range(10)], pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])),
        "caption": [f"number {i}" for i in range(10)],
        "score": list(range(10)),
    }
)
for compression in ("none", "snappy", "gzip", "zstd", "brotli", "lz4"):
    pyarrow.parquet.write_table(pairs, out / f"pairs-{compression}.parquet", compression=compression, row_group_size=4, write_statistics=False)

# OBELICS' columns.
texts = [["Before.", None, "After the first.", None], [None, "Only after."], ["No picture at all."]]
images = [[None, "https://127.0.0.1/one.png", None, "pictures/two.png"], ["pictures/two.png", None], [None]]
obelics = pyarrow.table({"images": images, "metadata": ["[]"] * 3, "general_metadata": ["{}"] * 3, "texts": texts})
pyarrow.parquet.write_table(obelics, out / "obelics.parquet", write_statistics=False)
