# An image of the daily run. All persistent data is in its volume, /data; see docs/containers.md.
#
# The base is pinned by version, not by digest: the image of a version is rebuilt with Debian's security fixes, which a
# digest would miss. To pin a digest anyway: --build-arg BASE=python:…@sha256:…
ARG BASE=python:3.11.16-slim-bookworm
FROM ${BASE}

# Packages first, so that a change of the code uses the cached layer. TARGET=postgres adds that engine's packages.
# (Spark needs Java.)
ARG TARGET=
COPY requirements/ /app/requirements/
RUN for lock in run ${TARGET}; do \
        pip install --no-cache-dir --only-binary :all: --root-user-action ignore --disable-pip-version-check \
            --require-hashes --requirement "/app/requirements/${lock}.txt" || exit 1; \
    done

# The code belongs to root and is readable by all. The user who runs it owns only the volume.
RUN install --directory --owner 10001 --group 10001 /data
WORKDIR /app
COPY . .
COPY examples/container.yaml config.yaml
RUN chmod -R a+rX . && python -m compileall -q extractor

USER 10001:10001
VOLUME /data
WORKDIR /data
# The path of the login's token file, which is not a secret itself.
# hadolint ignore=DL3064
ENV PYTHONPATH=/app SPOTIFY_TOKEN_FILE=/data/token.json
ENTRYPOINT ["python", "-P", "-m", "extractor"]
CMD ["daily"]

# While a run is in progress, this checks the day before. The first run has no such day and may take hours.
HEALTHCHECK --interval=10m --timeout=1m --start-period=6h CMD ["python", "-P", "-m", "extractor", "status"]
