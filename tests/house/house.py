"""The rules of the house that a compiler does not know. Prints advice, and fails on what is forbidden."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FEATURES_BELOW = {  # a feature may include the public header of those on its right
    "events": ["accounts"],
    "library": ["events", "accounts"],
    "generation": ["library", "events", "accounts"],
    "todos": ["accounts"],
    "pipelines": ["generation", "library", "events", "accounts"],
    "workers": ["generation", "library", "events", "accounts"],
    "operations": ["todos", "generation", "library", "events", "accounts"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
THIRD_PARTY_KEPT = {  # headers that may not leave their part
    "archive.h": "src/platform/archive",
    "archive_entry.h": "src/platform/archive",
    "sqlite3.h": "src/platform/db",
    "libpq-fe.h": "src/platform/db",
    "sodium.h": ("src/platform/crypto", "src/app/main.cpp", "tests/support"),
    "opencv2/": "src/engine",
    "libavformat": "src/engine",
    "seccomp.h": "src/engine",
    "zlib.h": "src/platform/http",
    "unicode/": "src/platform/base",
    "spdlog/": "src/platform/telemetry",
    "prometheus/": "src/features/operations",
    "toml++/": "src/app",
    "CLI/": "src/app",
}
STANDARD = {  # header: what only it is relied on for
    "algorithm": "sort stable_sort find_if any_of all_of none_of count_if min max clamp minmax lower_bound upper_bound nth_element reverse unique",
    "array": "array",
    "atomic": "atomic",
    "bit": "bit_cast",
    "charconv": "from_chars to_chars",
    "chrono": "chrono",
    "condition_variable": "condition_variable",
    "deque": "deque",
    "exception": "exception_ptr current_exception rethrow_exception",
    "expected": "expected unexpected",
    "filesystem": "filesystem",
    "fstream": "ifstream ofstream",
    "functional": "function move_only_function",
    "future": "promise future",
    "limits": "numeric_limits",
    "map": "map multimap",
    "memory": "unique_ptr shared_ptr weak_ptr make_unique make_shared enable_shared_from_this",
    "mutex": "mutex lock_guard scoped_lock unique_lock",
    "numeric": "accumulate iota",
    "optional": "optional nullopt make_optional",
    "random": "random_device mt19937 minstd_rand uniform_int_distribution uniform_real_distribution",
    "regex": "regex",
    "set": "set",
    "span": "span",
    "sstream": "ostringstream istringstream stringstream",
    "stdexcept": "runtime_error logic_error invalid_argument out_of_range",
    "stop_token": "stop_token stop_source",
    "string": "string to_string stoi",
    "string_view": "string_view",
    "thread": "thread jthread",
    "tuple": "tuple tie",
    "unordered_map": "unordered_map",
    "unordered_set": "unordered_set",
    "utility": "exchange pair",
    "variant": "variant visit get_if holds_alternative",
    "vector": "vector",
}
LINES_ADVISED, LINES_MAX, FUNCTION_LINES_ADVISED = 250, 400, 70


def tracked(*patterns):
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return [line for line in listed.splitlines() if (ROOT / line).is_file()]


def forbidden_include(path, target):
    """Why `path` may not include `target`, or None."""
    here, there = path.split("/")[1:], target.split("/")
    if path.endswith("_test.cpp"):
        return None
    floor, other = here[0], there[0]
    if other == "engine" and floor != "engine":
        return "nobody includes the engine"
    if floor == "engine" and not target.startswith(("engine/", "platform/base/")):
        return "the engine includes only itself and platform/base"
    if floor == "platform" and other != "platform":
        return "platform includes neither features nor app"
    if floor == "platform" and here[1] == "base" and there[1] != "base":
        return "platform/base includes no other part"
    if floor == "features" and other == "app":
        return "features do not include app"
    if floor == "features" and other == "features" and here[1] != there[1]:
        if there[1] not in FEATURES_BELOW.get(here[1], []):
            return f"{here[1]} does not stand on {there[1]}"
        if target != f"features/{there[1]}/{there[1]}.hpp":
            return "only another feature's public header may be included"
    return None


def check_includes(problems):
    for path in tracked("src/*.hpp", "src/*.cpp"):
        text = (ROOT / path).read_text()
        for target in INCLUDE.findall(text):
            if why := forbidden_include(path, target):
                problems.append(f"{path} includes {target}: {why}")
            if not (ROOT / "src" / target).is_file() and not target.startswith("tests/"):
                problems.append(f"{path} includes {target}, which is not a path from src/")
        for header, home in THIRD_PARTY_KEPT.items():
            if f"#include <{header}" in text and not path.startswith(home):
                problems.append(f"{path} includes <{header}...>, which belongs to {home}")


def check_standard_headers(problems):
    """What a file uses of the standard library it includes, itself or by headers of ours: the precompiled header and the sources
    that are compiled together with it would hide what it lacks."""
    header_of = {name: header for header, names in STANDARD.items() for name in names.split()}
    texts = {path: (ROOT / path).read_text() for path in tracked("src/*.hpp", "src/*.cpp")}
    known = {}

    def included(path):
        if path not in known:
            known[path] = set()  # headers of ours include each other in no circle
            known[path] = set(re.findall(r"^#include <([^>]+)>", texts[path], re.M)).union(
                *(included(f"src/{target}") for target in INCLUDE.findall(texts[path]) if f"src/{target}" in texts)
            )
        return known[path]

    for path, text in texts.items():
        used = re.findall(r"std::(?:ranges::)?(\w+)", re.sub(r"//.*", "", text))
        for header in sorted({header_of[name] for name in used if name in header_of} - included(path)):
            problems.append(f"{path} lacks #include <{header}>")


def check_texts(problems):
    marker = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.M)
    registry = re.compile(r"https?://[a-z.]*(npm" + r"js|debi" + r"an|py" + r"pi)[a-z.]*\.org")
    machine = re.compile(r"(^|[^a-z.])/(wo" + r"rk|ro" + r"ot|ho" + r"me/[a-z]+)/", re.M)
    for path in tracked():
        try:
            text = (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue
        if marker.search(text):
            problems.append(f"{path} holds a merge marker")
        if registry.search(text):
            problems.append(f"{path} names a registry's host")
        if machine.search(text) and not path.endswith("package-lock.json"):
            problems.append(f"{path} names a path of one machine")


def check_headers(problems):
    """Each header is read once. That it compiles alone is looked at by scripts/tidy."""
    for path in tracked("src/*.hpp"):
        if "#pragma once" not in (ROOT / path).read_text():
            problems.append(f"{path} has no #pragma once")


def check_sql(problems):
    """Statement names are unique: they label metrics and the slow log. `todos.list` is list_sql in the code."""
    seen = {}
    for path in tracked("src/*.cpp"):
        if path.endswith("_test.cpp"):
            continue
        for constant, name in re.findall(r'db::Sql (\w+)\{\s*"([^"]+)"', (ROOT / path).read_text()):
            if name in seen:
                problems.append(f"the statement name {name} is used in {seen[name]} and {path}")
            if constant != name.split(".", 1)[1].replace(".", "_") + "_sql":
                problems.append(f"{path}: {constant} is not called as its statement, {name}")
            seen[name] = path


def advise_sizes(advice, problems):
    for path in tracked("src/*.hpp", "src/*.cpp", "web/src/*.ts", "web/src/*.tsx"):
        if "generated" in path:
            continue
        lines = (ROOT / path).read_text().count("\n")
        if lines > LINES_MAX and not path.endswith("_test.cpp"):
            problems.append(f"{path} has {lines} lines; past {LINES_MAX} it should be split")
        elif lines > LINES_ADVISED:
            advice.append(f"{path} has {lines} lines")
    for path in tracked("src/*.cpp"):
        began = None
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
            if re.match(r"^\S.*[{]$", line) and not line.startswith(("namespace", "struct", "class", "}")):
                began = number
            elif line.startswith("}") and began is not None:
                if number - began > FUNCTION_LINES_ADVISED:
                    advice.append(f"{path}:{began} is a function of {number - began} lines")
                began = None


def main():
    problems, advice = [], []
    checks = [check_includes, check_standard_headers, check_texts, check_headers, check_sql]
    failed = 0
    for check in checks:
        before = len(problems)
        check(problems)
        failed += len(problems) > before
    before = len(problems)
    advise_sizes(advice, problems)
    failed += len(problems) > before
    for line in advice:
        print("advice:", line)
    for line in problems:
        print("problem:", line)
    print(f"house: {len(checks) + 1 - failed} passed, {failed} failed")
    sys.exit(1 if problems else 0)


main()
