# syntax=docker/dockerfile:1
# The image of the load generator: `docker build -t rubin-alert-sim .`

# Compiles the Kafka client with our patches, and the program. Its compilers stay behind.
FROM node:22-bookworm AS build
RUN apt-get update \
  && apt-get install --yes --no-install-recommends g++ make python3 libssl-dev libsasl2-dev libzstd-dev zlib1g-dev \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN npm ci && npm run build && npm prune --omit=dev \
  && rm -rf node_modules/node-rdkafka/deps node_modules/node-rdkafka/build/deps

FROM node:22-bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libssl3 libsasl2-2 libsasl2-modules libzstd1 zlib1g ca-certificates tini \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir --parents /work/runs && chown --recursive 1000:1000 /work
COPY --from=build --chown=root:root /build/package.json /opt/rubin-alert-sim/package.json
COPY --from=build --chown=root:root /build/dist /opt/rubin-alert-sim/dist
COPY --from=build --chown=root:root /build/node_modules /opt/rubin-alert-sim/node_modules
COPY --from=build --chown=root:root /build/scenarios /opt/rubin-alert-sim/scenarios
ENV NODE_ENV=production
WORKDIR /work
# The user `node` of the base image, by number, so that Kubernetes can tell that it is not root.
USER 1000:1000
# tini hands signals on, so that a pod that is deleted ends its run in order.
ENTRYPOINT ["/usr/bin/tini", "--", "node", "/opt/rubin-alert-sim/dist/src/cli/main.js"]
CMD ["--help"]
