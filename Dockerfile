# The hub. One image for every role; see docs/running.md. It writes nowhere: run it with a read-only root.

FROM node:24-bookworm-slim AS packages
WORKDIR /parley
COPY package.json package-lock.json .npmrc ./
COPY client-sdk/package.json client-sdk/
# Without the embedded engines, which are optional, and without install scripts: the Node is the image's.
RUN npm ci --omit=dev --omit=optional --ignore-scripts
COPY persistence/cache-folder.ts persistence/processes.ts persistence/
COPY workflows workflows
RUN node workflows/make-bundle.ts workflows/definitions workflows/built

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /parley
COPY --from=packages /parley/node_modules node_modules
COPY package.json ./
COPY client-sdk/package.json client-sdk/
COPY client-sdk/contract client-sdk/contract
COPY persistence persistence
COPY server server
COPY realtime realtime
COPY workflows workflows
COPY --from=packages /parley/workflows/built workflows/built
COPY scripts/person-add.ts scripts/log-rebase.ts scripts/
COPY ops/healthy.ts ops/
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 CMD ["node", "ops/healthy.ts"]
# Not by npm, which would keep SIGTERM from it.
CMD ["node", "server/main.ts"]
