#!/usr/bin/env bash
# Every check that CI runs (but Spark's, unless this is CI), called by ./run.sh test, which has made the environments: the
# linters, `dbt build` with its unit tests on an empty warehouse, then pytest. Arguments go to pytest, and then nothing
# else is run.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
bin=$PWD/.venv/bin

# Credentials of the person who tests are not what is tested.
unset SPOTIFY_CLIENT_ID SPOTIFY_CLIENT_SECRET SPOTIFY_REFRESH_TOKEN

if [[ $# -gt 0 ]]; then
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
# dbt beside the linters.
(dbt_build) >"$scratch/dbt.log" 2>&1 &
dbt=$!
echo "== lint"
tests/lint.sh "$PWD/.venv-lint/bin" "$bin" || failed+=(lint)
echo "== dbt build and unit tests"
if wait "$dbt"; then
    tail -n 1 "$scratch/dbt.log"
else
    failed+=(dbt)
    cat "$scratch/dbt.log"
fi

echo "== pytest"
# Spark keeps two cores busy for two minutes: CI waits for that, people ask for it (./run.sh test tests/spark).
spark=()
[[ -z ${CI-} ]] || spark=(tests/spark)
histories=(tests/pipeline/test_{increments,purge,replay}.py)
lane() { "$bin/python" -m pytest --durations=3 "$@"; }
# Three at a time, for two cores: each of them waits now and then.
lane tests/conformance tests/faults tests/kills "${spark[@]}" >"$scratch/conformance.log" 2>&1 &
conformance=$!
lane tests/simulator tests/extractor "${histories[@]}" >"$scratch/extractor.log" 2>&1 &
extractor=$!
lane tests/pipeline "${histories[@]/#/--ignore=}" || failed+=(pipeline)
wait "$conformance" || failed+=(conformance)
wait "$extractor" || failed+=(extractor)
cat "$scratch/conformance.log" "$scratch/extractor.log"

[[ ${#failed[@]} -eq 0 ]] || echo "failed: ${failed[*]}" >&2
[[ ${#failed[@]} -eq 0 ]]
