# Sourced by the scripts: where things are, and how to say what happens. Bash.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=$root/.cache
export ZOETROPE_MATTE_WEIGHTS=${ZOETROPE_MATTE_WEIGHTS-$cache/matte/isnet.onnx}

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() {
    printf 'zoetrope: %s\n' "$*" >&2
    exit 1
}

# Whether what a step depends on is as it was when the step last succeeded: done_before NAME FILE...; then remember NAME FILE...
fingerprint() { cat "$@" | sha256sum | cut -d' ' -f1; }
done_before() {
    local name=$1
    shift
    [ "$(cat "$cache/done/$name" 2>/dev/null)" = "$(fingerprint "$@")" ]
}
remember() {
    local name=$1
    shift
    mkdir -p "$cache/done"
    fingerprint "$@" > "$cache/done/$name"
}

# Configures and builds a preset; the output is kept in a log and its end shown when it fails.
# build_preset PRESET [TARGET...]
build_preset() {
    local log=$cache/build-$1.log targets=()
    [ $# = 1 ] || targets=(--target "${@:2}")
    say "Building ($*; several minutes the first time)"
    (cd "$root" && cmake --preset "$1" > "$log" 2>&1 && cmake --build --preset "$1" "${targets[@]}" >> "$log" 2>&1) ||
        { grep -E 'error:|FAILED' "$log" | head -20 >&2; tail -20 "$log" >&2; die "the build failed; the whole log is .cache/build-$1.log"; }
}
