"""The simulation beside a driven run: a server makes some pictures one after the other, so that it knows how long they take;
`zoetrope capacity --simulate` says what many at once would do, with a pool that grows by what waits; then they come.
"""
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time
import urllib.request

from scenarios.tools import BIN, ROOT, wait_for

PORT = 18094
MEASURED = 30
AT_ONCE = 200
BOUND = 0.15
# Small enough that the pool's size limits at first, and the engines later.
SETTINGS = {
    "ZOETROPE_POOLS": "model_generation=1/2/3,concurrency=1", "ZOETROPE_POOL_FILLED": "10", "ZOETROPE_POOL_DEEP": "20",
    "ZOETROPE_ENGINE_CHILDREN_MAX": "2", "ZOETROPE_MATTE_WEIGHTS": "", "ZOETROPE_QUEUE_RUNNING_PER_USER": "0",
}
GRID = 256


class House:
    def __init__(self, folder):
        self.folder, self.url = folder, f"http://127.0.0.1:{PORT}"
        words = [BIN / "zoetrope", "serve", "--listen", f"127.0.0.1:{PORT}", "--data", folder]
        self.process = subprocess.Popen(words, env={**os.environ, **SETTINGS}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.url + "/health/ready", self.process)

    def ask(self, path, data=None, content_type="application/json"):
        headers = {"Content-Type": content_type} if data else {}
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data, headers)) as answer:
            return json.load(answer)

    def upload(self):
        photo = (ROOT / "share/sample/seeding.jpg").read_bytes()
        body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + photo + b"\r\n--b--\r\n"
        return self.ask("/api/v1/assets", body, "multipart/form-data; boundary=b")["id"]

    def submit(self, asset):
        order = {"model": "local/relief", "inputs": {"image": asset, "grid": GRID}}
        return self.ask("/api/v1/generations", json.dumps(order).encode())["id"]

    def finished(self):
        text = subprocess.run(
            ["sqlite3", self.folder / "zoetrope.sqlite",
             "SELECT created_at, finished_at, ran_us - waited_us FROM finished_tasks WHERE queue = 'model_generation' ORDER BY id"],
            check=True, stdout=subprocess.PIPE, text=True,
        ).stdout
        return [[int(field) for field in line.split("|")] for line in text.splitlines()]

    def await_finished(self, count):
        while len(self.finished()) < count:
            time.sleep(0.2)


def drive(house, asset, known):
    for _ in range(AT_ONCE):
        house.submit(asset)
    house.await_finished(known + AT_ONCE)
    tasks = house.finished()[known:]
    began = min(created for created, _, _ in tasks)
    return {
        "done_after_s": max(finished for _, finished, _ in tasks) / 1e6 - began / 1e6,
        "wait_mean_s": statistics.mean(finished - created - ran for created, finished, ran in tasks) / 1e6,
    }


def simulate(house):
    words = [BIN / "zoetrope", "capacity", "--data", house.folder, "--simulate", "--json", "--times", "1", "--arrivals", "0", "--at-once", AT_ONCE]
    report = json.loads(subprocess.run(list(map(str, words)), check=True, stdout=subprocess.PIPE, text=True).stdout)[0]["report"]
    return {"done_after_s": report["done_after_s"], "wait_mean_s": report["queues"][0]["wait_mean_s"]}


def run(options):
    with tempfile.TemporaryDirectory() as name:
        house = House(pathlib.Path(name))
        try:
            asset = house.upload()
            for count in range(MEASURED):  # two at a time, as they are made later
                house.submit(asset)
                if count % 2:
                    house.await_finished(count + 1)
            said = simulate(house)
            for name, driven in drive(house, asset, MEASURED).items():
                off = said[name] / driven - 1
                print(f"{AT_ONCE} at once, {name}: simulated {said[name]:.1f}   driven {driven:.1f}   off by {100 * off:+.0f} %   bound "
                      f"{100 * BOUND:.0f} %{'  MISSED' if abs(off) > BOUND else ''}")
        finally:
            house.process.terminate()
            house.process.wait()
