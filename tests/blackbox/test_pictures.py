"""The kinds of photo people have: turned, upright, square, transparent, grey, for print, tiny and huge.

They run through the release engine: there the engine's child has the memory limit that users get (400 MB for all but
the cut-out), so the two photos of fifty megapixels also show that they are decoded reduced.
"""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from PIL import Image, ImageChops, ImageDraw, ImageStat
from support import BINARY, RELEASE_ENGINE, SAMPLE

ORIENTATION = 0x0112  # the EXIF tag


def cases(folder):
    """Writes each photo; yields its path and the picture a viewer would show."""
    photo = Image.open(SAMPLE).convert("RGB")
    width, height = photo.size

    def save(name, picture, shown=None, **options):
        picture.save(folder / name, **options)
        return folder / name, (shown or picture).convert("RGB")

    exif = Image.Exif()
    exif[ORIENTATION] = 6  # turned a quarter when shown
    yield save("turned.jpg", photo.rotate(90, expand=True), photo, exif=exif)
    yield save("portrait.jpg", photo.crop((width // 3, 0, width // 3 + height * 3 // 4, height)))
    yield save("square.webp", photo.crop((width // 4, 0, width // 4 + height, height)))
    oval = Image.new("L", photo.size, 0)
    ImageDraw.Draw(oval).ellipse((width // 4, height // 8, width * 3 // 4, height * 7 // 8), fill=255)
    clear = photo.copy()
    clear.putalpha(oval)
    yield save("clear.png", clear, Image.composite(photo, Image.new("RGB", photo.size, (232, 232, 232)), oval))
    yield save("grey.jpg", photo.convert("L"))
    yield save("print.jpg", photo.convert("CMYK"))
    yield save("tiny.jpg", photo.resize((387, 258)))
    yield save("thin.png", photo.resize((16, 12000)))
    yield save("huge.jpg", photo.resize((8700, 5800)))
    yield save("huge.png", photo.resize((8700, 5800)), compress_level=1)


def mean_colour(picture):
    return picture.resize((1, 1), Image.Resampling.BOX)


class Pictures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="zoetrope-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.shown = dict(cases(cls.folder))
        cls.out = cls.folder / "out"
        words = ["--to", "video,3d", "--motion", "orbit", "--duration", "2", "--resolution", "480p", "--out", cls.out]
        cls.done = subprocess.run([BINARY, "run", "--engine", RELEASE_ENGINE, *cls.shown, *words], capture_output=True, text=True, timeout=900)

    def test_the_largest_video_is_finished_within_its_memory(self):
        out = self.folder / "large"
        words = ["--to", "video", "--motion", "ken_burns", "--duration", "2", "--resolution", "1080p", "--out", out]
        done = subprocess.run([BINARY, "run", "--engine", RELEASE_ENGINE, SAMPLE, *words], capture_output=True, text=True, timeout=900)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(Image.open(next(out.glob("*.jpg"))).size, (1920, 1080))

    def test_every_kind_becomes_a_video_and_a_model(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)
        stems = [path.stem for path in self.shown]
        for stem in stems:
            kinds = sorted(path.suffix for path in self.out.glob(stem + "-*"))
            for wanted in (".mp4", ".webm", ".glb", ".stl", ".png", ".jpg"):
                self.assertIn(wanted, kinds, stem)

    def test_the_video_has_the_shape_and_the_colours_of_the_photo(self):
        for path, shown in self.shown.items():
            with self.subTest(path.name):
                poster = Image.open(next(self.out.glob(path.stem + "-*orbit*.jpg"))).convert("RGB")
                self.assertEqual(poster.width > poster.height, shown.width > shown.height)
                # The frame may leave out a fifth of the photo, and the camera stands to one side; so only the middle is compared.
                small = [picture.resize((64, 64)).crop((16, 16, 48, 48)) for picture in (poster, shown)]
                apart = ImageStat.Stat(ImageChops.difference(*(mean_colour(each) for each in small))).mean
                self.assertLess(max(apart), 24, "the mean colour moved")
