#!/usr/bin/env bash
# Runs all checks of CI (Spark's only in CI). Called by ./run.sh test, which has created the environments: the linters,
# `dbt build` with its unit tests on an empty warehouse, then pytest.
#
#   ./run.sh test             everything
#   ./run.sh test --fast      the linters of Python and the tests that take seconds
#   ./run.sh test ARGUMENTS   pytest with these arguments, and nothing else
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
bin=$PWD/.venv/bin
lint=$PWD/.venv-lint/bin

# Tests must not use the credentials of the person who runs them.
unset SPOTIFY_CLIENT_ID SPOTIFY_CLIENT_SECRET SPOTIFY_REFRESH_TOKEN

# One process more than cores, because each of them waits at times.
several=(-n "$(($(getconf _NPROCESSORS_ONLN) + 1))" --no-loadscope-reorder)

if [[ ${1-} == --fast && $# -eq 1 ]]; then
    "$lint/ruff" check . && "$lint/ruff" format --check . &&
        exec "$bin/python" -m pytest "${several[@]}" --quiet -m "not slow" tests/simulator tests/extractor
    exit
elif [[ $# -gt 0 ]]; then
    exec "$bin/python" -m pytest "$@"
fi

scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

dbt_build() {
    export SPOTIFY_WAREHOUSE=$scratch/data/warehouse.duckdb SPOTIFY_RAW=$scratch/data/raw.duckdb
    export DBT_TARGET_PATH=$scratch/target DBT_LOG_PATH=$scratch/target
    cp config.yaml "$scratch/"  # its endpoints may have models
    "$bin/python" -m extractor load --config "$scratch/config.yaml" && "$bin/dbt" --warn-error build --profiles-dir .
}

failed=()
# dbt runs in parallel with the linters.
(dbt_build) >"$scratch/dbt.log" 2>&1 &
dbt=$!
echo "== lint"
tests/lint.sh "$lint" "$bin" || failed+=(lint)
echo "== dbt build and unit tests"
if wait "$dbt"; then
    tail -n 1 "$scratch/dbt.log"
else
    failed+=(dbt)
    cat "$scratch/dbt.log"
fi

echo "== pytest"
# Spark keeps two cores busy for minutes, so its tests only run in CI or on demand (./run.sh test tests/spark).
which=()
[[ -n ${CI-} ]] || which=(-m "not spark")
"$bin/python" -m pytest "${several[@]}" --durations=10 ${which[@]+"${which[@]}"} || failed+=(pytest)

[[ ${#failed[@]} -eq 0 ]] || echo "failed: ${failed[*]}" >&2
[[ ${#failed[@]} -eq 0 ]]
