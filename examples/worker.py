#!/usr/bin/env python3
"""python3 worker.py SERVER KEY (an administrator's API key with the scope `workers`): draws photos in black and white, by ffmpeg."""
import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

SERVER, KEY = sys.argv[1:3]
MODEL = {
    "id": "example/drawing", "name": "Drawing", "provider": "remote", "produces": "image", "generative": False,
    "description": "Draws the photo in black and white.", "inputs": {"type": "object", "additionalProperties": False, "required": ["image"], "properties": {
        "image": {"type": "string", "format": "uuid", "x-asset": "image", "title": "Photo"},
        "contrast": {"type": "number", "minimum": 1, "maximum": 3, "default": 1.5, "title": "Contrast"}}}}


def call(method, path, body=None, kind="application/json"):
    sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(SERVER + path, sent, {"Authorization": "Bearer " + KEY, "Content-Type": kind}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def work(task, base, done):
    try:
        look = f"hue=s=0,eq=contrast={task['inputs']['contrast']}"
        photo = call("GET", task["files"][0]["url"])
        made = subprocess.run(["ffmpeg", "-v", "error", "-i", "-", "-vf", look, "-f", "mjpeg", "-"], input=photo, capture_output=True, check=True).stdout
        body = b'--cut\r\nContent-Disposition: form-data; name="picture"; filename="drawing.jpg"\r\n\r\n' + made + b"\r\n--cut--\r\n"
        call("POST", f"{base}/tasks/{task['task_id']}/complete?attempt={task['attempt']}", body, "multipart/form-data; boundary=cut")
    except subprocess.CalledProcessError:
        call("POST", f"{base}/tasks/{task['task_id']}/fail", {"attempt": task["attempt"], "error": "ffmpeg cannot draw this photo."})
    finally:
        done.set()


def beat(task, base, done):  # silent for longer than its patience, a worker loses its tasks
    while not done.wait(1):
        try:
            call("POST", base + "/heartbeat", {"tasks": [{"task_id": task["task_id"], "attempt": task["attempt"], "progress": 0.5, "stage": "drawing"}]})
        except OSError as error:
            print("not heard:", error, file=sys.stderr)


base = None
while True:
    try:
        if not base:
            base = f"/api/v1/workers/{json.loads(call('POST', '/api/v1/workers', {'name': 'example', 'models': [MODEL]}))['id']}"
            print(f"Worker {base.split('/')[-1]} waits for work.", flush=True)
        for claimed in json.loads(call("POST", base + "/claim", {"wait_s": 10})):
            threading.Thread(target=beat, args=(claimed, base, done := threading.Event()), daemon=True).start()
            work(claimed, base, done)
    except urllib.error.HTTPError as error:
        said = json.loads(error.read() or b"{}").get("detail", error.reason)
        if error.code in (401, 403):  # asking again would not change it
            sys.exit(f"The server refuses the key: {said}")
        print("not taken:", said, file=sys.stderr)
        base = None if error.code == 404 else base
        time.sleep(1)
    except OSError as error:  # cancelled meanwhile, another's by now, or the server is away
        print("not taken:", error, file=sys.stderr)
        time.sleep(1)
