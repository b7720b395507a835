"""The engine beside ffmpeg: frames a second that are rendered (nothing is encoded), then seconds of whole jobs.

Everything runs on core 0 alone. ffmpeg's `zoompan` zooms into the same photo by as much, at the same size. It places the
picture on whole pixels of its source, so that slow pans jerk; the usual cure is to enlarge the photo first (here to
5120), and that is the second line. A whole job of its is the first form with our two encoders at our settings.
"""
import json
import os
import re
import statistics
import subprocess
import tempfile
import time

from scenarios.tools import BIN, ROOT, SERVER_CORE, need, on_core

PHOTO = ROOT / "share/sample/seeding.jpg"
SECONDS = 4  # of video
H264 = ["-c:v", "libx264", "-preset", "fast", "-crf", "20", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
VP9 = ["-c:v", "libvpx-vp9", "-deadline", "good", "-cpu-used", "5", "-crf", "33", "-b:v", "0", "-pix_fmt", "yuv420p"]


def zoompan(size, frames, first="null"):
    width, height = size
    zoom = f"zoompan=z='1+0.055*on/{frames}':x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)':d={frames}:s={width}x{height}:fps=30"
    return ["ffmpeg", "-y", "-v", "error", "-threads", "1", "-filter_threads", "1", "-i", PHOTO, "-vf", f"{first},format=yuv420p,{zoom}", "-frames:v", frames]


def timed(command):
    begun = time.monotonic()
    subprocess.run(on_core(SERVER_CORE, command), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENV)
    return time.monotonic() - begun


ENV = {**os.environ, "ZOETROPE_MATTE_WEIGHTS": str(ROOT / ".cache/matte/isnet.onnx")}


def rendering(options):
    ours = {"ken_burns": [], "orbit": [], "push": []}
    peers = {"ffmpeg zoompan": "null", "zoompan of 5120": "scale=5120:-2"}
    rates = {name: [] for name in peers}
    for _ in range(options.rounds):
        done = subprocess.run(on_core(SERVER_CORE, [BIN / "bench_engine", PHOTO, 720, options.seconds]), check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        for motion in ours:
            ours[motion].append(found[motion])
        size = found["width"], found["height"]
        frames = 120 * options.seconds  # long enough that starting and decoding vanish; both are subtracted all the same
        for name, first in peers.items():
            start = timed([*zoompan(size, 1, first), "-f", "null", "-"])
            rates[name].append((frames - 1) / (timed([*zoompan(size, frames, first), "-f", "null", "-"]) - start))
    base = statistics.median(rates["ffmpeg zoompan"])
    print(f"frames a second at {size[0]}x{size[1]}, one core, nothing encoded (medians of {options.rounds})")
    for name, found in {**rates, **ours}.items():
        rate = statistics.median(found)
        print(f"  {name:20}{rate:16.0f}   {rate / base:.2f} x")
    return size


def whole_jobs(options, size):
    print(f"seconds of a whole job on one core, {SECONDS} s of video as MP4 and WebM (medians of {options.rounds})")
    with tempfile.TemporaryDirectory() as folder:
        frames = 30 * SECONDS
        jobs = {
            "ffmpeg zoompan": [*zoompan(size, frames), *H264, "-threads", "1", f"{folder}/a.mp4", *zoompan(size, frames)[10:], *VP9, "-threads", "1", f"{folder}/a.webm"],
            "video, ken_burns": [BIN / "zoetrope", "run", PHOTO, "--to", "video", "--motion", "ken_burns", "--out", f"{folder}/out"],
            "video, orbit": [BIN / "zoetrope", "run", PHOTO, "--to", "video", "--motion", "orbit", "--out", f"{folder}/out"],
            "3d": [BIN / "zoetrope", "run", PHOTO, "--to", "3d", "--out", f"{folder}/out"],
        }
        base = None
        for name, command in jobs.items():
            took = statistics.median(timed(command) for _ in range(options.rounds))
            base = base or took
            print(f"  {name:20}{took:16.1f}   {base / took:.2f} x" if name.startswith("video") else f"  {name:20}{took:16.1f}", flush=True)


def run(options):
    need("ffmpeg", "taskset", package="ffmpeg")
    size = rendering(options)
    whole_jobs(options, size)
