"""Small films of every container and codec that is read, some that are not, and what FFmpeg takes from them.

    python3 -m venv VENV && VENV/bin/pip install imageio-ffmpeg==0.6.0 numpy==2.4.6
    VENV/bin/python tools/reference/videos.py test/fixtures/data/videos

imageio-ffmpeg 0.6.0 brings FFmpeg 7.0.2. `ffmpeg.json` holds, for each film and rate, the frames that the filter `fps` gives, upright: every third pixel of every third row as red,
green and blue bytes, deflated, in base 64.
A film shows slow gradients that move, 48 x 32 pixels, 5 frames each second, 6.4 seconds. No frame is like another.
"""
import base64
import json
import subprocess
import sys
import zlib
from pathlib import Path

import imageio_ffmpeg
import numpy

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
width, height, rate, count = 48, 32, 5, 32


def scene(number):
    y, x = numpy.mgrid[0:height, 0:width]
    red = 128 + 100 * numpy.sin((x + 3 * number) / 9)
    green = 128 + 100 * numpy.cos((y - 2 * number) / 7)
    blue = 20 + 6 * number + x / 2
    return numpy.stack([red, green, blue], axis=-1).clip(0, 255).astype(numpy.uint8)


raw = b"".join(scene(number).tobytes() for number in range(count))
# Conversion as exact as FFmpeg has it; without its version in the file.
flags = "bilinear+accurate_rnd+full_chroma_int+full_chroma_inp"
exact = ["-sws_flags", flags]
plain = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1", "-threads", "1"]


def run(*arguments, given=None):
    return subprocess.run([ffmpeg, "-v", "error", "-y", *arguments], input=given, stdout=subprocess.PIPE, check=True).stdout


def film(name, *arguments):
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(rate), "-i", "-"]
    run(*source, *exact, *plain, *arguments, str(folder / name), given=raw)


yuv420 = ["-pix_fmt", "yuv420p"]
film("h264.mp4", *yuv420, "-c:v", "libx264", "-x264-params", "keyint=12:open-gop=1:bframes=3")
film("hevc.mp4", *yuv420, "-c:v", "libx265", "-tag:v", "hvc1", "-x265-params", "log-level=error:keyint=12:frame-threads=1:info=0")
film("vp9.webm", *yuv420, "-c:v", "libvpx-vp9", "-b:v", "60k")
film("av1.mkv", *yuv420, "-c:v", "libaom-av1", "-cpu-used", "8", "-b:v", "60k")
film("bt709.mov", "-vf", "scale=out_color_matrix=bt709,format=yuv420p", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-c:v", "libx264")
film("full-range.mp4", "-vf", "scale=out_range=pc,format=yuvj420p", "-color_range", "pc", "-c:v", "libx264")
film("422.mp4", "-pix_fmt", "yuv422p", "-c:v", "libx264")
film("10-bits-444.mp4", "-pix_fmt", "yuv444p10le", "-c:v", "libx264")
film("begins-later.mp4", *yuv420, "-c:v", "libx264", "-movflags", "frag_keyframe+empty_moov", "-output_ts_offset", "3")
# Packets of VP8 that nobody sees need two passes.
for part in "1", "2":
    passes = ["-auto-alt-ref", "1", "-lag-in-frames", "25", "-b:v", "30k", "-pass", part, "-passlogfile", "/tmp/flamingo-vp8"]
    film("vp8.webm", *yuv420, "-c:v", "libvpx", *passes)
run("-display_rotation", "90", "-i", str(folder / "h264.mp4"), "-c", "copy", *plain, str(folder / "turned.mp4"))
# Copied from the second key frame before: what is before the cut is there and not shown.
run("-ss", "3.1", "-i", str(folder / "h264.mp4"), "-c", "copy", *plain, str(folder / "cut.mp4"))
# What is not read.
film("mpeg4.avi", *yuv420, "-c:v", "mpeg4")
film("full-range-422.mp4", "-vf", "scale=out_range=pc,format=yuvj422p", "-color_range", "pc", "-c:v", "libx264", "-t", "1")
film("rgb.webm", "-pix_fmt", "gbrp", "-c:v", "libvpx-vp9", "-b:v", "60k", "-t", "1")
run("-f", "lavfi", "-i", "sine=duration=0.5", "-c:a", "aac", "-b:a", "16k", *plain, str(folder / "sound.mp4"))

reference = {}
for path in sorted(folder.glob("*.*")):
    if path.suffix == ".json" or path.name in ("mpeg4.avi", "rgb.webm", "full-range-422.mp4", "sound.mp4"):
        continue
    for per_second in (1, 3) if path.name == "h264.mp4" else (1,):
        frames = run("-i", str(path), "-vf", f"fps={per_second},scale=flags={flags},format=rgb24", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
        columns, rows = (height, width) if path.name == "turned.mp4" else (width, height)
        pixels = numpy.frombuffer(frames, numpy.uint8).reshape(-1, rows, columns, 3)
        packed = base64.b64encode(zlib.compress(pixels[:, ::3, ::3].tobytes(), 9)).decode()
        reference[f"{path.name} {per_second}"] = {"width": columns, "height": rows, "frames": len(pixels), "pixels": packed}
(folder / "ffmpeg.json").write_text(json.dumps(reference, indent=1) + "\n")
