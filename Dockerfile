# The companion in a container: docs/docker.md
FROM node:24-slim AS build
WORKDIR /source
COPY package.json package-lock.json ./
# Nothing that the bundle needs has a script to run; the image brings its own Node.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY companion companion
COPY shared shared
COPY scripts scripts
RUN node scripts/build-companion.ts

FROM node:24-slim
COPY --from=build /source/dist/companion /opt/ccproxy/companion
COPY --from=build /source/dist/package.json /source/dist/THIRD-PARTY-NOTICES /opt/ccproxy/
COPY LICENSE scripts/docker/healthcheck.mjs /opt/ccproxy/
# /app/data is where the Go ccproxy kept its database: what names that path goes on working.
RUN ln -s /opt/ccproxy/companion/cli/main.js /usr/local/bin/companion \
 && mkdir /app && ln -s /data /app/data \
 && install -d -o node -g node -m 0700 /data

# Inside of the container every address; what is published where is decided outside (compose.yaml: on this computer only).
# Clients need the key in any case. There is no keyring here, so the key of the vault rests in a file in the volume.
ENV NODE_ENV=production CCPROXY_HOME=/data CCPROXY_HOST=0.0.0.0 CCPROXY_VAULT=file
USER node
WORKDIR /home/node
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["node", "/opt/ccproxy/healthcheck.mjs"]
# What it prints ends up in the log of the container, so no key and no pairing token is in it.
ENTRYPOINT ["companion"]
CMD ["start", "--no-secrets"]
