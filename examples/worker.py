#!/usr/bin/env python3
"""A remote worker: python3 worker.py SERVER KEY. It draws photos in black and white, by ffmpeg; put your model in its place.

KEY is an administrator's API key with the scope `workers`.
"""
import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request

SERVER, KEY = sys.argv[1:3]
MODEL = {
    "id": "example/drawing", "name": "Drawing", "provider": "remote", "produces": "image", "generative": False,
    "description": "Draws the photo in black and white.", "inputs": {"type": "object", "additionalProperties": False, "required": ["image"], "properties": {
        "image": {"type": "string", "format": "uuid", "x-asset": "image", "title": "Photo"},
        "contrast": {"type": "number", "minimum": 1, "maximum": 3, "default": 1.5, "title": "Contrast"}}},
}


def call(method, path, body=None, kind="application/json"):
    sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(SERVER + path, sent, {"Authorization": "Bearer " + KEY, "Content-Type": kind}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def make(photo, inputs):
    look = f"hue=s=0,eq=contrast={inputs['contrast']}"
    return subprocess.run(["ffmpeg", "-v", "error", "-i", "-", "-vf", look, "-f", "mjpeg", "-"], input=photo, stdout=subprocess.PIPE, check=True).stdout


def work(task, base):
    here, done = f"{base}/tasks/{task['task_id']}", threading.Event()

    def beat():  # silent for longer than its patience, a worker loses its tasks
        while not done.wait(1):
            call("POST", base + "/heartbeat", {"tasks": [{"task_id": task["task_id"], "attempt": task["attempt"], "progress": 0.5, "stage": "drawing"}]})

    threading.Thread(target=beat, daemon=True).start()
    try:
        picture = make(call("GET", task["files"][0]["url"]), task["inputs"])
        body = b'--cut\r\nContent-Disposition: form-data; name="picture"; filename="drawing.jpg"\r\n\r\n' + picture + b"\r\n--cut--\r\n"
        call("POST", f"{here}/complete?attempt={task['attempt']}", body, "multipart/form-data; boundary=cut")
    except subprocess.CalledProcessError:
        call("POST", here + "/fail", {"attempt": task["attempt"], "error": "ffmpeg cannot draw this photo.", "retry": False})
    except urllib.error.HTTPError as error:
        print("not taken:", error.read().decode(), file=sys.stderr)  # cancelled meanwhile, or another's
    finally:
        done.set()


worker = json.loads(call("POST", "/api/v1/workers", {"name": "example", "models": [MODEL], "device": {"device": "cpu"}}))
print(f"Worker {worker['id']} waits for work.", flush=True)
while True:
    for claimed in json.loads(call("POST", f"/api/v1/workers/{worker['id']}/claim", {"wait_s": 10})):
        work(claimed, f"/api/v1/workers/{worker['id']}")
