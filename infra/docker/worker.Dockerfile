# What commands find in a container of `[sandbox.docker]`: see docs/sandboxes.md. Swarm itself is not in it; its Node, its
# agent and its bridge are shown there. Build from this folder:
#   docker build -f worker.Dockerfile -t localhost/my-project:1 .
# Add what your project's setup and gate need: that is what this image is for.
FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git libstdc++6 perl procps python3 \
 && rm -rf /var/lib/apt/lists/*
