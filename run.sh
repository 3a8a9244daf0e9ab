#!/usr/bin/env bash
# The entry point: installs the locked environment on the first call, then runs the command. See ./run.sh --help.
set -euo pipefail

here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)

python3_11() {
    local name
    for name in python3.11 python3.12 python3.13 python3; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    echo "error: Python 3.11 or newer is required, but was not found" >&2
    exit 2
}

# install ENVIRONMENT LOCK: installs a lock file into an environment. Idempotent: returns at once if the environment has
# a stamp with the same lock file.
install() {
    local environment=$1 lock=$here/requirements/$2.txt stamp=$1/.installed-$2
    cmp -s "$lock" "$stamp" && return
    mkdir -p "$here/.venv-locks"
    exec 9>"$here/.venv-locks/$(basename "$environment")"
    if command -v flock >/dev/null; then flock 9; fi
    if ! cmp -s "$lock" "$stamp"; then
        echo "installing the locked packages ($2) into $environment, once …" >&2
        local python
        python=$(python3_11)
        if command -v uv >/dev/null; then
            [[ -x $environment/bin/python ]] || uv venv --quiet --python "$python" "$environment"
            uv pip install --quiet --python "$environment/bin/python" --require-hashes -r "$lock"
        else
            [[ -x $environment/bin/pip ]] || "$python" -m venv --clear "$environment"
            "$environment/bin/pip" install -qq --disable-pip-version-check --require-hashes -r "$lock"
        fi
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
