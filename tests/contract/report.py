"""What was found, and how it is printed."""
import collections
import dataclasses

SHOWN = 3  # examples of each kind of fault
MARKS = ("ERROR", "runtime error", "SUMMARY", "Assertion", "terminate", "what()", "abort", "    #")  # of a dying server's last lines


@dataclasses.dataclass
class Fault:
    operation: str
    rule: str  # what was broken
    detail: str
    what: str  # was sent
    role: str
    curl: str


@dataclasses.dataclass
class Result:
    sent: collections.Counter = dataclasses.field(default_factory=collections.Counter)  # by operation
    statuses: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    faults: dict = dataclasses.field(default_factory=dict)
    seconds: float = 0
    slowest: tuple = (0, "")


def show(name, result, show_all):
    """Whether it has passed."""
    kinds = [(rule, found) for (operation, rule), found in result.faults.items() if operation == name]
    print(f"{name}: {result.sent[name]} requests ... {'FAILED' if kinds else 'ok'}", flush=True)
    for rule, found in kinds:
        print(f"  {rule} ({len(found)} requests)")
        for fault in found if show_all else found[:SHOWN]:
            print(f"    as {fault.role}: {fault.what}\n      {fault.detail}")
            if fault.curl:
                print(f"      {fault.curl}")
    return not kinds


def cause_of_death(words):
    """The lines of a dying server that say why."""
    lines = words.splitlines()
    marked = [line for line in lines if any(mark in line for mark in MARKS)]
    return "\n        ".join(marked[:12] or lines[-2:])
