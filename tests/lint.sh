#!/usr/bin/env bash
# Runs every linter as a named step. All steps run; the exit code is 1 if any of them failed.
#
#   tests/lint.sh LINT_BIN TEST_BIN
#
# LINT_BIN: the bin folder of the environment made from requirements/lint.txt (ruff, mypy, yamllint, oxlint, shellcheck,
#           hadolint, check-jsonschema, codespell, dbt-bouncer)
# TEST_BIN: the bin folder of the environment made from requirements/test.txt (dbt, sqlfluff, and the code that mypy reads)
set -uo pipefail

if [[ $# -ne 2 || ! -x $1/ruff || ! -x $2/dbt ]]; then
    echo "usage: tests/lint.sh LINT_BIN TEST_BIN   (bin folders of the lint and the test environment)" >&2
    exit 2
fi
lint=$(cd "$1" && pwd) || exit 2
test=$(cd "$2" && pwd) || exit 2
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2

scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

# Keep dbt's output out of the checkout.
export DBT_TARGET_PATH=$scratch/target DBT_LOG_PATH=$scratch/logs DBT_SEND_ANONYMOUS_USAGE_STATS=false
# dbt-bouncer's cache of its configuration could be stale.
export DBT_BOUNCER_DISABLE_CONF_CACHE=1

passed=0
failed=()
step() {
    local name=$1 start=$SECONDS
    shift
    echo "== $name"
    if "$@" </dev/null; then
        passed=$((passed + 1))
        echo "== $name: passed, $((SECONDS - start)) s"
    else
        failed+=("$name")
        echo "== $name: FAILED, $((SECONDS - start)) s"
    fi
}

# The dbt templater opens the profile's database, and DuckDB allows only one process: use a database in memory instead
# of the warehouse, which a daily run may be writing.
sqlfluff_lint() {
    local profile
    profile=$(sed -n 's/^profile: *//p' dbt_project.yml)
    mkdir -p "$scratch/profiles"
    cat >"$scratch/profiles/profiles.yml" <<YAML
$profile: {target: lint, outputs: {lint: {type: duckdb, path: ":memory:"}}}
YAML
    DBT_PROFILES_DIR=$scratch/profiles "$test/sqlfluff" lint --disable-progress-bar models analyses tests/dbt
}

sqlfluff_functions() {
    # The headers of functions are our own notation: sqlfluff sees them as comments.
    mkdir -p "$scratch/functions"
    local file
    for file in functions/*.sql; do
        [[ $file == *.*.sql ]] || sed '/^create function/,/^as$/s/^/--/' "$file" >"$scratch/$file"
    done
    # It takes parameters for columns (RF02, RF03). The option replaces the list in the configuration.
    cp .sqlfluff "$scratch/functions/"
    (cd "$scratch/functions" && sqlfluff_plain --exclude-rules ST06,RF04,RF02,RF03 ./*.sql)
}
sqlfluff_plain() { "$test/sqlfluff" lint --disable-progress-bar --templater placeholder "$@"; }

bouncer() {
    if [[ ! -f $scratch/target/manifest.json ]]; then
        echo "no manifest: dbt parse failed"
        return 1
    fi
    # COLUMNS: its table omits the reasons at the 80 columns of a log file.
    COLUMNS=${COLUMNS:-240} DBT_PROJECT_DIR=$scratch "$lint/dbt-bouncer" run --config-file pyproject.toml --show-all-failures
}

# Dated words, for which plain ones exist (again, fix, someone, no one).
words() {
    local old='anew|whereof|thereof|heeds?|in vain|somebody|nobody|mends?|mended|asks for nothing'
    git grep -nIwiE "$old" -- . ':!tests/lint.sh' ':!seeds'
    [[ $? -eq 1 ]]  # 1: no match
}

step "ruff check" "$lint/ruff" check .
step "ruff format" "$lint/ruff" format --check .
step "mypy" "$lint/mypy" --strict --python-executable "$test/python" benchmarks extractor tests
step "sqlfluff" sqlfluff_lint
step "sqlfluff report" sqlfluff_plain extractor/outputs/report/sql
step "sqlfluff functions" sqlfluff_functions
step "yamllint" "$lint/yamllint" --strict .
step "compose" "$lint/check-jsonschema" --builtin-schema vendor.compose-spec compose.yaml
step "hadolint" "$lint/hadolint" Dockerfile
step "workflows" "$lint/check-jsonschema" --builtin-schema vendor.github-workflows examples/github/*.yml
step "oxlint" "$lint/oxlint" --deny-warnings --config extractor/outputs/report/assets/.oxlintrc.json extractor/outputs/report/assets
step "shellcheck" "$lint/shellcheck" run.sh build_docker_image.sh .ci/run requirements/lock.sh tests/run.sh tests/lint.sh
step "codespell" "$lint/codespell"
step "words" words
step "dbt parse" "$test/dbt" --quiet --warn-error parse --no-partial-parse
step "dbt-bouncer" bouncer

for name in ${failed[@]+"${failed[@]}"}; do
    echo "lint failed: $name"
done
echo "lint: $passed passed, ${#failed[@]} failed"
[[ ${#failed[@]} -eq 0 ]]
