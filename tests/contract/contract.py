#!/usr/bin/env python3
"""contract.py [--seed N] [--long MINUTES] [--postgres] [--only WORDS] [--deaths N]: sends what nobody should send to every
route, parameter, header and field that /openapi.json names, and to HTTP itself; as a stranger, a member, an administrator and
with API keys. Whatever was sent, the server lives, answers in time, and says in a valid body what was wrong (invariants.py).
A request that breaks this is printed as a command. Each route is a test.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import shutil
import sys
import time
import traceback

from report import show

ROOT = pathlib.Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=None, help="of the sample that is sent; the same seed sends the same")
    parser.add_argument("--long", type=float, default=None, metavar="MINUTES", help="everything as everybody, then for so long several things wrong at once")
    parser.add_argument("--postgres", action="store_true", help="on a database of the server at ZOETROPE_TEST_POSTGRES")
    parser.add_argument("--only", default="", help="routes whose name has these words: 'POST /api/v1/todo'")
    parser.add_argument("--deaths", type=int, default=3, help="how often a route may end its server before the rest is left out")
    parser.add_argument("--all", action="store_true", help="print every fault, not a few of each kind")
    return parser.parse_args()


def units(names):
    """Lists of operations that share a server: those with bodies have one for themselves."""
    by_family = collections.defaultdict(list)
    for name, family, is_long in names:
        by_family[name if is_long else family].append(name)
    return sorted(by_family.values(), key=lambda unit: FIRST.index(unit[0]) if unit[0] in FIRST else len(FIRST))


FIRST = ("POST /api/v1/workers/{id}/claim", "POST /api/v1/workers", "POST /api/v1/workers/{id}/tasks/{task}/complete", "POST /api/v1/generations", "POST /api/v1/upload/batch")  # they take longest


def run_unit(names, seed, long_s, deaths, folder):
    from family import Family

    return Family(names, seed, long_s, deaths, folder).run()


def every_operation():
    import framing
    from description import Description
    from world import World

    world = World()
    try:
        description = Description(world.server.get("/openapi.json").json())
    finally:
        world.close()
    listed = [(each.name, each.family, each.schema is not None or each.file_field is not None) for each in description.operations]
    return [*listed, (framing.NAME, "framing", False)]


def main():
    given = arguments()
    if given.postgres:
        if "ZOETROPE_TEST_POSTGRES" not in os.environ:
            sys.exit("contract: --postgres needs ZOETROPE_TEST_POSTGRES, the address of a server with a superuser")
        os.environ["ZOETROPE_TEST_DATABASE"] = "postgres"
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"contract: seed {seed}", flush=True)
    folder = ROOT / ".cache/contract"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    began = time.monotonic()
    names = [each for each in every_operation() if given.only in each[0]]
    work = units(names)
    cores = os.cpu_count()
    long_s = given.long * 60 * cores / len(work) if given.long else None
    passed, sent, statuses, slowest, times = 0, 0, collections.Counter(), (0, ""), []
    with concurrent.futures.ProcessPoolExecutor(cores + 1) as pool:
        running = {pool.submit(run_unit, unit, seed, long_s, given.deaths, str(folder)): unit for unit in work}
        for done in concurrent.futures.as_completed(running):
            try:
                result = done.result()
            except Exception:
                traceback.print_exc(file=sys.stdout)
                continue
            passed += sum(show(name, result, given.all) for name in running[done])
            sent += sum(result.sent.values())
            statuses += result.statuses
            slowest = max(slowest, result.slowest)
            times.append((result.seconds, running[done][0]))
    print(f"the slowest answer took {slowest[0]:.2f} s: {slowest[1]}")
    print("; ".join(f"{seconds:.0f} s for {name}" for seconds, name in sorted(times, reverse=True)[:5]))
    print(f"{sent} requests in {time.monotonic() - began:.0f} s; {', '.join(f'{count} x {status}' for status, count in sorted(statuses.items()))}")
    print(f"contract: {passed} passed, {len(names) - passed} failed")
    sys.exit(0 if passed == len(names) else 1)


main()
