# The service on a PostgreSQL of its own choosing (DATABASE_URL). The embedded one is for machines without.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY src src
# The service alone: `clients` is not in the image.
RUN npm ci --workspaces=false
RUN npm prune --workspaces=false --omit=dev --omit=optional --ignore-scripts

FROM node:22-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/bin bin
COPY --from=build /app/dist dist
# Served on the HTTP port.
COPY docs/errors.md docs/openapi.json docs/openapi.yaml docs/openapi-merchants.json docs/openapi-merchants.yaml docs/grpc-service-config.json docs/grpc-service-config-with-keys.json docs/
USER node
EXPOSE 8080 50051
# As `holdfast health`: over TLS where that is set.
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s CMD ["node", "dist/health-check.js"]
# Room for what calls in flight allocate, so that the collector need not copy it over and over.
CMD ["node", "--max-semi-space-size=64", "dist/main.js", "serve"]
