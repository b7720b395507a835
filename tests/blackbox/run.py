"""Runs the black-box tests named (or all), a file of them on each core and one more, and ends with one line of counts."""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

SLOWEST = 5  # named at the end of each file
LONGEST_FIRST = ("test_crash", "test_pictures", "test_accounts", "test_api", "test_cli")  # so that none is left over at the end


class Timed(unittest.TextTestResult):
    def __init__(self, *words):
        super().__init__(*words)
        self.took = []

    def startTest(self, test):
        self.began = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        self.took.append((time.monotonic() - self.began, test.id()))


def run_here(name):
    suite = unittest.defaultTestLoader.loadTestsFromName(name)
    result = unittest.TextTestRunner(verbosity=2, resultclass=Timed).run(suite)
    bad = len({str(test) for test, _ in result.failures + result.errors})
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}")
    for seconds, slow in sorted(result.took, reverse=True)[:SLOWEST]:
        print(f"{seconds:6.1f} s  {slow}")
    print(f"{name}: {result.testsRun - bad - len(result.skipped)} passed, {bad} failed")
    return bad


def run_beside(name):
    """(passed, failed) of a file, in a process of its own. One that does not even end with a count has failed."""
    done = subprocess.run([sys.executable, __file__, name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout, end="", flush=True)
    count = re.search(r"(\d+) passed, (\d+) failed\n$", done.stdout)
    return (int(count[1]), int(count[2])) if count else (0, 1)


def main():
    # Engines run when nobody else wants the processor. Beside tests that keep every core busy that would be never, so
    # servers and tests take turns with them.
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    names = sys.argv[1:]
    if not names:  # all but what needs a PostgreSQL server
        found = {path.stem for path in pathlib.Path(__file__).parent.glob("test_*.py")} - {"test_postgres", "test_workers"}
        names = sorted(found)
    if len(names) == 1:
        sys.exit(1 if run_here(names[0]) else 0)
    names.sort(key=lambda name: LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() + 1) as cores:  # one of them waits for something
        passed, failed = (sum(each) for each in zip(*cores.map(run_beside, names)))
    print(f"blackbox: {passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
