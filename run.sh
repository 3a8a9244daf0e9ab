#!/usr/bin/env bash
# The entry point: installs the locked environment on the first call, then runs the command. See ./run.sh --help.
set -euo pipefail

here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)

# An sdist runs its own code while it is installed. PySpark has nothing else.
wheels=(--only-binary :all: --no-binary pyspark)

python3_11() {
    local name
    for name in python3.11 python3.12 python3.13 python3; do
        if command -v "$name" >/dev/null &&
            "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    echo "error: Python 3.11, 3.12 or 3.13 is required (dbt does not work with 3.14 yet), but was not found" >&2
    exit 2
}

# is_installed ENVIRONMENT LOCK: whether the environment has the stamp of this lock file, and works where it is now. It
# contains its own path, so a copied or moved one runs the programs of another folder, or none.
is_installed() {
    cmp -s "$2" "$1/.installed-$(basename "$2" .txt)" && is_at_home "$1"
}

is_at_home() {
    [[ -x $1/bin/python && $(cat "$1/.path" 2>/dev/null) == "$(readlink -f "$1")" ]]
}

# install ENVIRONMENT LOCK: installs a lock file into an environment. Idempotent.
install() {
    local environment=$1 lock=$here/requirements/$2.txt stamp=$1/.installed-$2
    is_installed "$environment" "$lock" && return
    mkdir -p "$here/.venv-locks"
    exec 9>"$here/.venv-locks/$(basename "$environment")"
    if command -v flock >/dev/null; then flock 9; fi
    if ! is_installed "$environment" "$lock"; then
        is_at_home "$environment" || rm -rf "$environment"
        echo "installing the locked packages ($2) into $environment, once …" >&2
        local python
        python=$(python3_11)
        if command -v uv >/dev/null; then
            [[ -x $environment/bin/python ]] || uv venv --quiet --python "$python" "$environment"
            uv pip install --quiet --python "$environment/bin/python" "${wheels[@]}" --no-deps --require-hashes -r "$lock"
        else
            [[ -x $environment/bin/pip ]] || "$python" -m venv --clear "$environment"
            "$environment/bin/pip" install -qq --disable-pip-version-check "${wheels[@]}" --no-deps --require-hashes -r "$lock"
        fi
        readlink -f "$environment" >"$environment/.path"
        cp "$lock" "$stamp"
    fi
    exec 9>&-
}

case ${1:-daily} in
    test)
        shift
        install "$here/.venv" run
        install "$here/.venv" test
        install "$here/.venv-lint" lint
        exec "$here/tests/run.sh" "$@"
        ;;
    lint)
        install "$here/.venv" run
        install "$here/.venv" test
        install "$here/.venv-lint" lint
        exec "$here/tests/lint.sh" "$here/.venv-lint/bin" "$here/.venv/bin"
        ;;
    lock)
        shift
        exec "$here/requirements/lock.sh" "$@"
        ;;
    bench)
        shift
        install "$here/.venv" run
        PYTHONPATH=$here exec "$here/.venv/bin/python" -P -m benchmarks "$@"
        ;;
    *)
        install "$here/.venv" run
        # Engines other than DuckDB are installed on demand.
        if [[ " $* " =~ \ --target[=\ ]([a-z]+)\  && -f $here/requirements/${BASH_REMATCH[1]}.txt ]]; then
            install "$here/.venv" "${BASH_REMATCH[1]}"
        fi
        PYTHONPATH=$here exec "$here/.venv/bin/python" -P -m extractor "$@"
        ;;
esac
