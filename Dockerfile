# The daily run as an image. All that lasts is in its volume, /data; docs/containers.md says how to use it.
#
# The base is named by version and not by digest: the image of a version is made anew for Debian's security fixes, which
# a digest would miss. Who wants one all the same: --build-arg BASE=python:…@sha256:…
ARG BASE=python:3.11.16-slim-bookworm
FROM ${BASE}

# Packages first: a change of the code installs nothing. TARGET=postgres: for that engine, too. (Spark's needs Java.)
ARG TARGET=
COPY requirements/ /app/requirements/
RUN for lock in run ${TARGET}; do \
        pip install --no-cache-dir --only-binary :all: --root-user-action ignore --disable-pip-version-check \
            --require-hashes --requirement "/app/requirements/${lock}.txt" || exit 1; \
    done

# The code is root's, for all to read. What runs it owns the volume and nothing else.
RUN install --directory --owner 10001 --group 10001 /data
WORKDIR /app
COPY . .
COPY examples/container.yaml config.yaml
RUN chmod -R a+rX . && python -m compileall -q extractor

USER 10001:10001
VOLUME /data
WORKDIR /data
# The place of a login, which is no secret.
# hadolint ignore=DL3064
ENV PYTHONPATH=/app SPOTIFY_TOKEN_FILE=/data/token.json
ENTRYPOINT ["python", "-P", "-m", "extractor"]
CMD ["daily"]

# Of the day before, as long as a run goes on. The first has none, and may take hours.
HEALTHCHECK --interval=10m --timeout=1m --start-period=6h CMD ["python", "-P", "-m", "extractor", "status"]
