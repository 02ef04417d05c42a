# syntax=docker/dockerfile:1
# The image of the load generator: `docker build -t rubin-alert-sim .`
# Metrics of a broker over JMX need Java: `docker build --build-arg PACKAGES=openjdk-17-jre-headless -t rubin-alert-sim .`

# Compiles the Kafka client with our patches, and the program. Its compilers stay behind. The slim base has no libraries
# besides these: the client links whatever else it finds, and the last stage would have to bring that too.
FROM node:22-bookworm-slim AS build
RUN apt-get update \
  && apt-get install --yes --no-install-recommends \
    ca-certificates g++ make python3 libssl-dev libsasl2-dev libzstd-dev zlib1g-dev
WORKDIR /build
# The client first: a change of the program does not compile it again.
COPY package.json package-lock.json .npmrc ./
COPY scripts scripts
COPY patches patches
RUN npm ci && node scripts/setup.mjs --binding-only
COPY . .
RUN npm run build
# What nothing reads at run time stays behind: the client's sources and objects, other builds of the charts, types, maps.
RUN npm prune --omit=dev \
  && cd node_modules \
  && find node-rdkafka ! -type d ! -path 'node-rdkafka/lib/*' ! -path 'node-rdkafka/build/Release/*.node' \
    ! -name librdkafka.js ! -name package.json ! -name 'LICENSE*' -delete \
  && find echarts ! -type d ! -name echarts.min.js ! -name package.json ! -name LICENSE ! -name NOTICE -delete \
  && rm -rf .bin .cache .rubin-alert-sim-pristine nan zrender tslib zod/src \
  && find . ../dist \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' \) -delete \
  && find . -type d -empty -delete

# The client's TLS is the OpenSSL that Node carries.
FROM debian:bookworm-slim
ARG PACKAGES=""
RUN apt-get update \
  && apt-get install --yes --no-install-recommends \
    ca-certificates libsasl2-2 libsasl2-modules libsasl2-modules-gssapi-mit libstdc++6 libzstd1 tini zlib1g ${PACKAGES} \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 1000 --create-home alertsim \
  && install --directory --owner=1000 --group=1000 /work /work/runs
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /build/package.json /build/LICENSE /opt/rubin-alert-sim/
COPY --from=build /build/node_modules /opt/rubin-alert-sim/node_modules
COPY --from=build /build/dist/src /opt/rubin-alert-sim/dist/src
COPY --from=build /build/scenarios /opt/rubin-alert-sim/scenarios
# What the program keeps for later; Kubernetes gives it a /tmp that can be written.
ENV NODE_ENV=production RUBIN_ALERT_SIM_CACHE=/tmp/rubin-alert-sim
WORKDIR /work
# By number, so that Kubernetes can tell that it is not root.
USER 1000:1000
# The build fails here when the client does not load, or lacks what a cluster may ask for.
RUN node --eval "const {features} = require('/opt/rubin-alert-sim/node_modules/node-rdkafka'); \
  for (const feature of ['ssl', 'sasl_scram', 'sasl_gssapi', 'zstd', 'gzip', 'lz4', 'snappy']) \
    if (!features.includes(feature)) throw new Error('the Kafka client was built without ' + feature)"
# tini hands signals on, so that a pod that is deleted ends its run in order.
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/node", "/opt/rubin-alert-sim/dist/src/cli/main.js"]
CMD ["--help"]
