"""Small pictures of every kind that people have, and what Pillow reads from them.

    python tools/reference/pictures.py test/fixtures/data/pictures

Needs Pillow 13.0.0 (WebP and AVIF included). `pillow.json` holds, for the kinds that Pillow reads as this project means it, the pixels of the upright picture (or of every frame) on white, 8 bits a channel,
deflated, in base 64; what Pillow does otherwise (it ignores colour profiles and cuts 16 bits without rounding) is left out.
"""
import base64
import json
import struct
import sys
import zlib
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps
from PIL.PngImagePlugin import PngInfo

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
width, height = 52, 36


def scene(shift=0):
    """Slow gradients, saturated shapes with sharp edges, nothing symmetric."""
    picture = Image.new("RGB", (width, height))
    picture.putdata([((5 * x + 40) % 256, 255 - 6 * y, (3 * x + 2 * y) % 256) for y in range(height) for x in range(width)])
    draw = ImageDraw.Draw(picture)
    draw.ellipse((4 + shift, 5, 20 + shift, 21), fill=(230, 20, 30))
    draw.rectangle((28 - shift, 18, 46 - shift, 31), fill=(10, 60, 220))
    draw.line((0, 35, 51, 2), fill=(255, 255, 0), width=2)
    return picture


def alpha():
    """From nothing on the left to everything on the right, with a hole."""
    mask = Image.new("L", (width, height))
    mask.putdata([min(255, 6 * x) for _ in range(height) for x in range(width)])
    ImageDraw.Draw(mask).ellipse((30, 8, 42, 20), fill=0)
    return mask


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png16(path):
    """16 bits a channel, which Pillow does not write; the low byte is not zero."""
    values = [(v * 257 + 77 * i) % 65536 if v < 250 else 65535 for i, v in enumerate(scene().tobytes())]
    rows = b"".join(b"\0" + struct.pack(f">{3 * width}H", *values[3 * width * y : 3 * width * (y + 1)]) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def fixed(value):
    return struct.pack(">i", round(value * 65536))


def icc_profile(kind, colours, connection, tags):
    """An ICC profile of version 2."""
    text = b"test\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78,
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642) + fixed(1) + fixed(0.8249),
        **tags,
    }
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(body), len(data))
        body += data
    size = 128 + len(table) + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"", 0x02400000, kind, colours, connection) + b"\x07\xea\0\1\0\1" + b"\0" * 6 + b"acsp"
    return head.ljust(68, b"\0") + fixed(0.9642) + fixed(1) + fixed(0.8249) + b"\0" * 48 + table + body


def wide_profile():
    """A display with Adobe RGB's primaries and gamma 2.2."""
    primary = lambda x, y, z: b"XYZ \0\0\0\0" + fixed(x) + fixed(y) + fixed(z)
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256))
    primaries = {b"rXYZ": primary(0.60974, 0.31111, 0.01947), b"gXYZ": primary(0.20528, 0.62567, 0.06087), b"bXYZ": primary(0.14919, 0.06322, 0.74457)}
    return icc_profile(b"mntr", b"RGB ", b"XYZ ", {**primaries, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


def press_profile():
    """A press whose inks are pale: full ink of all four is still a grey of half lightness."""
    identity = b"".join(fixed(value) for value in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    ramp = bytes(range(256))
    grid = b"".join(bytes([255 - 30 * (c + m + y + k), 128 + 30 * (m - c), 128 + 30 * (y - m)]) for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity + 4 * ramp + grid + 3 * ramp
    return icc_profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table})


def chunks(*named):
    info = PngInfo()
    for name, data in named:
        info.add(name, data)
    return info


rgb = scene()
rgba = scene()
rgba.putalpha(alpha())
profile = wide_profile()

rgb.save(folder / "rgb.png")
rgba.save(folder / "rgba.png")
png16(folder / "rgb-16-bit.png")
rgb.convert("L").save(folder / "grey.png")
Image.frombytes("I;16", (width, height), b"".join(struct.pack("<H", (v * 257 + 5 * i) % 65536) for i, v in enumerate(rgb.convert("L").tobytes()))).save(folder / "grey-16-bit.png")
rgba.convert("LA").save(folder / "grey-alpha.png")
rgb.convert("1").save(folder / "black-and-white.png")
rgb.quantize(32, dither=Image.Dither.NONE).save(folder / "palette.png")
rgb.quantize(32, dither=Image.Dither.NONE).save(folder / "palette-transparent.png", transparency=3)
rgb.save(folder / "profile.png", icc_profile=profile)
rgb.save(folder / "gamma.png", pnginfo=chunks((b"gAMA", struct.pack(">I", 100000))))
rgb.save(folder / "gamma-primaries.png", pnginfo=chunks((b"gAMA", struct.pack(">I", 100000)), (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000))))
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    rgb.save(folder / f"orientation-{orientation}.jpg", quality=92, exif=exif)
rgb.save(folder / "progressive.jpg", quality=80, progressive=True, subsampling="4:4:4")
rgb.save(folder / "profile.jpg", quality=92, icc_profile=profile)
rgb.convert("L").save(folder / "grey.jpg", quality=92)
cmyk = Image.merge("CMYK", [band.point(lambda v: 255 - v) for band in rgb.split()] + [Image.new("L", (width, height), 40)])
cmyk.save(folder / "cmyk.jpg", quality=92)
cmyk.save(folder / "cmyk-profile.jpg", quality=92, icc_profile=press_profile())
rgb.save(folder / "lossy.webp", quality=85)
rgba.save(folder / "alpha-lossless.webp", lossless=True, exact=True)
rgba.save(folder / "alpha-lossy.webp", quality=85)
rgb.save(folder / "rgb.avif", quality=90, subsampling="4:4:4")
rgb.save(folder / "halved-chroma.avif", quality=90, subsampling="4:2:0")

# Nine frames: the ellipse wanders. Durations differ, so that frames evenly spread in time are not evenly spread by number.
durations = [100, 100, 100, 400, 100, 100, 500, 100, 100]
frames = [scene(2 * i) for i in range(9)]
frames[0].save(folder / "animated.gif", save_all=True, append_images=frames[1:], duration=durations, loop=0)
frames[0].save(folder / "animated.webp", save_all=True, append_images=frames[1:], duration=durations, loop=0, lossless=True)
frames[0].save(folder / "animated.png", save_all=True, append_images=frames[1:], duration=durations, loop=0)
# Each frame is wiped away before the next; the rest is transparent.
wiped = []
for i in range(4):
    frame = Image.new("RGBA", (width, height))
    frame.paste(rgb.crop((12 * i, 0, 12 * i + 14, height)), (12 * i, 0))
    wiped.append(frame)
wiped[0].save(folder / "wiped.gif", save_all=True, append_images=wiped[1:], duration=80, disposal=2, loop=0)
# Half transparent patches, laid over or put in place of what is there, which then stays, is cleared or comes back.
patched = []
for i in range(6):
    frame = rgba.copy() if i == 0 else Image.new("RGBA", (width, height))
    ImageDraw.Draw(frame).ellipse((6 * i, 2 * i, 6 * i + 16, 2 * i + 14), fill=(250 - 40 * i, 40 * i, 128, 90 + 30 * i))
    patched.append(frame)
patched[0].save(folder / "patched.png", save_all=True, append_images=patched[1:], duration=100, disposal=[0, 0, 2, 1, 2, 0], blend=[0, 1, 1, 1, 0, 1], loop=0)
patched[0].save(folder / "patched.webp", save_all=True, append_images=patched[1:], duration=100, lossless=True, exact=True, loop=0)

# A corner of the scene, for kinds of which there are many.
corner = rgb.crop((1, 1, 28, 20))


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


for orientation in range(1, 9):
    corner.save(folder / f"orientation-{orientation}.png", exif=turned(orientation))
    corner.save(folder / f"orientation-{orientation}.webp", exif=turned(orientation), quality=90)
    corner.save(folder / f"orientation-{orientation}.avif", exif=turned(orientation), quality=90, subsampling="4:4:4")
turning = [corner, corner.rotate(180), ImageOps.mirror(corner)]
turning[0].save(folder / "animated-turned.webp", exif=turned(6), save_all=True, append_images=turning[1:], duration=[100, 100, 200], lossless=True)
turning[0].save(folder / "animated-turned.png", exif=turned(5), save_all=True, append_images=turning[1:], duration=[100, 100, 200])
turning[0].save(folder / "sequence.avif", save_all=True, append_images=turning[1:], duration=100, quality=90, subsampling="4:4:4")
corner.save(folder / "still.gif")
rgb.save(folder / "two-pictures.mpo", save_all=True, append_images=[rgb.rotate(180)], quality=92)
rgb.save(folder / "restarts.jpg", quality=92, restart_marker_blocks=2)


def interlaced_png(path, picture):
    """The seven passes of Adam7, which Pillow does not write."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b"".join(
        b"\0" + b"".join(bytes(picture.getpixel((x, y))) for x in range(left, picture.width, right))
        for left, top, right, down in passes
        for y in range(top, picture.height, down)
        if left < picture.width
    )
    head = struct.pack(">IIBBBBB", *picture.size, 8, 2, 0, 0, 1)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


interlaced_png(folder / "interlaced.png", corner)


def bmp(name, bits, rows, compression=0, palette=b"", masks=(), header=40, top_down=False):
    """A BMP file. rows: of bytes, the upper first; a single string of bytes stands for all, as runs."""
    if isinstance(rows, list):
        rows = b"".join(row + b"\0" * (-len(row) % 4) for row in (rows if top_down else rows[::-1]))
    w, h = corner.size
    if header == 12:
        head = struct.pack("<IHHHH", 12, w, h, 1, bits)
    else:
        colours = 0 if bits > 8 else len(palette) // 4
        head = struct.pack("<IiiHHIIiiII", header, w, -h if top_down else h, 1, bits, compression, len(rows), 2835, 2835, colours, 0)
        head += b"".join(struct.pack("<I", mask) for mask in masks)
        head = head.ljust(header, b"\0")
    offset = 14 + len(head) + len(palette)
    (folder / f"bmp-{name}.bmp").write_bytes(b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset) + head + palette + rows)


def lines(value, bits):
    """value: of a pixel, from its place."""
    w, h = corner.size
    result = []
    for y in range(h):
        values = [value(x, y) for x in range(w)]
        if bits >= 8:
            result.append(b"".join(v.to_bytes(bits // 8, "little") for v in values))
        else:
            text = "".join(format(v, f"0{bits}b") for v in values)
            result.append(bytes(int(text[i : i + 8].ljust(8, "0"), 2) for i in range(0, len(text), 8)))
    return result


def palette_of(picture, entry=4):
    colours = picture.getpalette()
    return b"".join(bytes(colours[i : i + 3][::-1]) + b"\0" * (entry - 3) for i in range(0, len(colours), 3))


def masked(*places):
    """places: of red, green, blue and perhaps opacity: the lowest bit and how many bits."""
    def value(x, y):
        channels = [*corner.getpixel((x, y)), min(255, 20 * x)]
        return sum((v * (2**count - 1) // 255) << low for v, (low, count) in zip(channels, places))
    return value, [(2**count - 1) << low for low, count in places]


for bits, colours in [(1, 2), (2, 4), (4, 16), (8, 200)]:
    few = corner.quantize(colours, dither=Image.Dither.NONE)
    bmp(f"{bits}-bit", bits, lines(lambda x, y: few.getpixel((x, y)), bits), palette=palette_of(few))
few = corner.quantize(100, dither=Image.Dither.NONE)
bmp("os2-palette", 8, lines(lambda x, y: few.getpixel((x, y)), 8), palette=palette_of(few, 3).ljust(3 * 256, b"\0"), header=12)
bgr = lines(lambda x, y: int.from_bytes(bytes(corner.getpixel((x, y))), "big"), 24)
bmp("24-bit", 24, bgr)
bmp("24-bit-top-down", 24, bgr, top_down=True)
bmp("24-bit-os2", 24, bgr, header=12)
# The fourth byte says nothing here.
bmp("32-bit", 32, lines(lambda x, y: int.from_bytes(bytes([20 * x % 256, *corner.getpixel((x, y))]), "big"), 32))
for name, bits, header, places in [
    ("16-bit", 16, 40, [(10, 5), (5, 5), (0, 5)]),
    ("16-bit-masks-565", 16, 40, [(11, 5), (5, 6), (0, 5)]),
    ("16-bit-masks-4444", 16, 56, [(8, 4), (4, 4), (0, 4), (12, 4)]),
    ("32-bit-masks", 32, 124, [(16, 8), (8, 8), (0, 8), (24, 8)]),
    ("32-bit-masks-swapped", 32, 108, [(0, 8), (8, 8), (16, 8), (24, 8)]),
    ("32-bit-masks-10", 32, 56, [(20, 10), (10, 10), (0, 10), (30, 2)]),
]:
    value, masks = masked(*places)
    given = name != "16-bit"
    bmp(name, bits, lines(value, bits), compression=3 if given else 0, masks=masks if given else (), header=header + 12 if given and header == 40 else header)
value, masks = masked((16, 8), (8, 8), (0, 8))
bmp("32-bit-opacity-of-nothing", 32, lines(value, 32), compression=3, masks=[*masks, 0xFF000000], header=124)


def runs(picture, bits):
    """From the bottom up: a line in runs, a line of pixels as they are, a line of which the first six are passed over."""
    result = b""
    for y in range(picture.height - 1, -1, -1):
        values = [picture.getpixel((x, y)) for x in range(picture.width)]
        if y % 3 == 0:
            for v in values:
                result += bytes([1, v if bits == 8 else v << 4])
        else:
            if y % 3 == 1:
                result += bytes([0, 2, 6, 0])
                values = values[6:]
            data = bytes(values) if bits == 8 else bytes(int("".join(f"{v:x}" for v in values[i : i + 2]).ljust(2, "0"), 16) for i in range(0, len(values), 2))
            result += bytes([0, len(values)]) + data + b"\0" * (len(data) % 2)
        result += b"\0\0"
    return result + b"\0\1"


bmp("8-bit-runs", 8, runs(few, 8), compression=1, palette=palette_of(few))
few = corner.quantize(16, dither=Image.Dither.NONE)
bmp("4-bit-runs", 4, runs(few, 4), compression=2, palette=palette_of(few))

Image.new("1", (12000, 10000)).save(folder / "huge.png", optimize=True)



def on_white(picture):
    layered = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("RGB")


def packed(picture):
    return base64.b64encode(zlib.compress(picture.tobytes(), 9)).decode()


pictures = {}
for name in [
    "rgb.png", "rgba.png", "grey.png", "grey-alpha.png", "black-and-white.png", "palette.png", "palette-transparent.png", *[f"orientation-{n}.jpg" for n in range(1, 9)],
    "progressive.jpg", "grey.jpg", "cmyk.jpg", "cmyk-profile.jpg", "lossy.webp", "alpha-lossless.webp", "alpha-lossy.webp", "rgb.avif", "animated.gif", "animated.webp", "animated.png", "wiped.gif",
    *[f"orientation-{n}.{kind}" for n in range(1, 9) for kind in ("png", "webp", "avif")], "animated-turned.webp", "animated-turned.png", "sequence.avif", "still.gif", "two-pictures.mpo", "restarts.jpg",
    "interlaced.png",
    # Not of 2 bits, nor with masks of 4 or 10 bits: these Pillow does not read.
    *[f"bmp-{name}.bmp" for name in (
        "1-bit", "4-bit", "8-bit", "os2-palette", "16-bit", "16-bit-masks-565", "24-bit", "24-bit-top-down", "24-bit-os2", "32-bit", "32-bit-masks", "32-bit-masks-swapped", "8-bit-runs", "4-bit-runs",
    )],
]:
    picture = on_white(ImageOps.exif_transpose(Image.open(folder / name)))
    pictures[name] = {"width": picture.width, "height": picture.height, "pixels": packed(picture)}
videos = {}
# Not patched.png: Pillow mixes half transparent frames otherwise than the format says.
for name in ["patched.webp", "wiped.gif", "animated-turned.webp", "animated-turned.png"]:
    animation = Image.open(folder / name)
    orientation = animation.getexif()
    videos[name] = []
    for frame in range(animation.n_frames):
        animation.seek(frame)
        still = on_white(animation)
        still.getexif().update(orientation)
        videos[name].append(packed(ImageOps.exif_transpose(still)))
(folder / "pillow.json").write_text(json.dumps({"pictures": pictures, "videos": videos}, indent=0) + "\n")
