# docker build -t layerscope .
# docker run --rm --read-only --tmpfs /tmp -p 127.0.0.1:8501:8501 -v layerscope-store:/store layerscope
FROM python:3.11-slim

# PYTHONPATH: so that `dask worker` in this image finds idcore (docs/cluster.md).
ENV PYTHONPATH=/app PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

# An index of other wheels of torch, for the CPU or another CUDA; pip reads it from the environment.
ARG PIP_EXTRA_INDEX_URL=
COPY requirements.txt ./
RUN pip install -r requirements.txt

COPY .streamlit .streamlit
COPY app.py serve.py ./
COPY pages pages
COPY idcore idcore
COPY deploy/dask.yaml deploy/

RUN useradd --create-home --uid 1000 layerscope && mkdir /store && chown layerscope /store
USER layerscope
# /tmp is all that a read-only root leaves for what numba compiles.
ENV LAYERSCOPE_CACHE=/store NUMBA_CACHE_DIR=/tmp/numba DASK_CONFIG=/app/deploy/dask.yaml
VOLUME /store
EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "serve.py", "--server.address=0.0.0.0", "--server.port=8501"]
