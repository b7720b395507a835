"""celery_app.py REDIS_URL TASKS SLOTS: tasks that do nothing, a second, by one worker process of so many threads."""
import multiprocessing
import os
import sys
import threading
import time

from celery import Celery

url, tasks, slots = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
app = Celery("bench", broker=url, backend=url)
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=2, worker_hijack_root_logger=False, worker_redirect_stdouts=False)
left, lock, began, over = tasks, threading.Lock(), None, threading.Event()


@app.task
def nothing():
    global left, began
    with lock:
        began = began or time.monotonic()
        left -= 1
        if left == 0:
            print(round(tasks / (time.monotonic() - began)), flush=True)
            over.set()


def fill():
    app.control.purge()
    for _ in range(tasks):
        nothing.delay()


if __name__ == "__main__":
    filling = multiprocessing.Process(target=fill)  # apart: the worker is to have the connections to itself
    filling.start()
    filling.join()
    worker = app.Worker(
        pool="threads", concurrency=slots, loglevel="CRITICAL", quiet=True, without_heartbeat=True, without_gossip=True, without_mingle=True
    )
    threading.Thread(target=lambda: (over.wait(), os._exit(0)), daemon=True).start()
    worker.start()
