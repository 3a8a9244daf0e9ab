#!/usr/bin/env bash
# Makes the lock files from pyproject.toml, with uv. `--upgrade` moves the versions, too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v uv >/dev/null; then
    echo "error: ./run.sh lock needs uv: see its documentation for how to install it" >&2
    exit 2
fi

# lock NAME OPTION…
lock() {
    local name=$1
    shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
        --custom-compile-command "./run.sh lock" -o "requirements/$name.txt" "$@"
}

# test.txt comes first, because sqlfluff narrows what dbt leaves open; run.txt takes the same versions.
lock test pyproject.toml --all-extras --group test "$@"
lock run pyproject.toml --group locked -c requirements/test.txt "$@"
for extra in postgres spark; do
    lock "$extra" pyproject.toml --extra "$extra" --group locked -c requirements/test.txt "$@"
done
lock lint --group lint "$@"
lock peers --group peers -c requirements/test.txt "$@"
