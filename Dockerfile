# ipagym as a command: docker build -t ipagym . && docker run --rm -v "$PWD:/work" ipagym compare video
# Where the folder is not that of user 1000, add --user "$(id -u):$(id -g)".
FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml setup.py constraints.txt README.md LICENSE ./
COPY ipagym ipagym
COPY envs envs
COPY agents agents
COPY profiles profiles
RUN python -m venv /venv
# torch alone and first, at the version of constraints.txt, which has no GPU libraries.
RUN /venv/bin/pip install --no-cache-dir -c constraints.txt torch
RUN /venv/bin/pip install --no-cache-dir -c constraints.txt ".[rl,report,front,forecast]"

FROM python:3.12-slim
RUN useradd --create-home --uid 1000 ipagym && install -d -o ipagym /work && install -d -m 777 /cache
COPY --from=build /venv /venv
# Compiled code and what searches found, for whichever user the container runs as.
ENV PATH=/venv/bin:$PATH IPAGYM_CACHE=/cache/findings NUMBA_CACHE_DIR=/cache/numba MPLCONFIGDIR=/cache/matplotlib
USER ipagym
WORKDIR /work
ENTRYPOINT ["ipagym"]
CMD ["--help"]
