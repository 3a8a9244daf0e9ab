#!/usr/bin/env bash
# Makes the image spotify-track-history, with docker or podman:
#
#   ./build_docker_image.sh             for DuckDB
#   ./build_docker_image.sh postgres    for PostgreSQL, too: spotify-track-history:postgres
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

target=${1:-}
for engine in docker podman; do
    if "$engine" info >/dev/null 2>&1; then
        # Podman's own format has no place for a HEALTHCHECK.
        BUILDAH_FORMAT=docker exec "$engine" build --build-arg TARGET="$target" \
            --tag "spotify-track-history:${target:-latest}" .
    fi
done
echo "error: neither docker nor podman answers here; start one of them, or do without: ./run.sh" >&2
exit 2
