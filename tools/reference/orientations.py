"""Pictures with EXIF data of unusual forms, and whether Pillow turns them.

    python tools/reference/orientations.py > test/fixtures/data/orientations.json

Needs Pillow 13.0.0. Each is a JPEG, a PNG and a WebP of 3 x 2 pixels, in base 64, with the size that Pillow gives it when it is stood up.
"""
import base64
import io
import json
import struct
import zlib

from PIL import Image, ImageOps

SHORT, LONG, BYTE = 3, 4, 1


def exif(order=">", entries=((0x0112, SHORT, 1, 6),), start=8, thumbnail=()):
    def directory(entries):
        result = struct.pack(order + "H", len(entries))
        for tag, kind, count, value in entries:
            result += struct.pack(order + "HHI", tag, kind, count)
            result += {SHORT: struct.pack(order + "HH", value, 0), LONG: struct.pack(order + "I", value), BYTE: bytes([value, 0, 0, 0])}[kind]
        return result

    first = directory(entries)
    head = ((b"MM" if order == ">" else b"II") + struct.pack(order + "HI", 42, start)).ljust(start, b"\0")
    rest = struct.pack(order + "I", start + len(first) + 4) + directory(thumbnail) + b"\0\0\0\0" if thumbnail else b"\0\0\0\0"
    return head + first + rest


forms = {
    "the first byte first": exif(),
    "the last byte first": exif("<"),
    "a long number": exif(entries=[(0x0112, LONG, 1, 6)]),
    "a long number, the last byte first": exif("<", [(0x0112, LONG, 1, 6)]),
    "a byte": exif("<", [(0x0112, BYTE, 1, 6)]),
    "no number": exif(entries=[(0x0112, SHORT, 0, 6)]),
    "0": exif(entries=[(0x0112, SHORT, 1, 0)]),
    "9": exif(entries=[(0x0112, SHORT, 1, 9)]),
    "of the thumbnail alone": exif(entries=[(0x0100, SHORT, 1, 5)], thumbnail=[(0x0112, SHORT, 1, 6)]),
    "of the thumbnail too": exif(thumbnail=[(0x0112, SHORT, 1, 3)]),
    "after another": exif(entries=[(0x0131, SHORT, 1, 1), (0x0112, SHORT, 1, 6)]),
    "further on": exif(start=20),
    "beyond the end": exif()[:4] + struct.pack(">I", 9999),
    "cut short": exif()[:15],
    "without an end": exif()[:-4],
    "with more after it": exif() + b"\0" * 7,
}
picture = Image.frombytes("RGB", (3, 2), bytes(range(0, 180, 10)))


def saved(kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def segment(data):
    return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data


def webp(data):
    plain = saved("webp", lossless=True, exif=b"Exif\0\0" + exif())
    start = plain.index(b"EXIF")
    whole = plain[:start] + b"EXIF" + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


png, jpeg = saved("png"), saved("jpeg")
files = {}
for name, data in forms.items():
    files[f"JPEG, {name}"] = jpeg[:20] + segment(b"Exif\0\0" + data) + jpeg[20:]
    files[f"PNG, {name}"] = png[:33] + chunk(b"eXIf", data) + png[33:]
    files[f"WebP, {name}"] = webp(data)
named = b"Exif\0\0" + exif()
scan = jpeg.index(b"\xff\xda")
files |= {
    "JPEG, before JFIF": jpeg[:2] + segment(named) + jpeg[2:],
    "JPEG, after another segment of the kind": jpeg[:20] + segment(b"http://ns.adobe.com/xap/1.0/\0<x/>") + segment(named) + jpeg[20:],
    "JPEG, twice": jpeg[:20] + segment(named) + segment(b"Exif\0\0" + exif("<", [(0x0112, SHORT, 1, 3)])) + jpeg[20:],
    "JPEG, before the scan": jpeg[:scan] + segment(named) + jpeg[scan:],
    "PNG, after the pixels": png[:-12] + chunk(b"eXIf", exif()) + png[-12:],
    "PNG, under its name": png[:33] + chunk(b"eXIf", named) + png[33:],
    "WebP, under its name": webp(named),
}
result = []
for name, data in files.items():
    stood = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    result.append({"name": name, "file": base64.b64encode(data).decode(), "size": list(stood.size)})
print(json.dumps(result, indent=0))
