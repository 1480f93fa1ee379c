# Two stages: the first builds, the second carries the binary alone.
ARG BUILD_IMAGE=rust:1.95-slim-bookworm
ARG RUN_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock build.rs ./
COPY proto proto
COPY benches benches
# The dependencies alone, so that a change of the sources does not build them again.
RUN mkdir src && echo 'fn main() {}' > src/main.rs && touch src/lib.rs \
    && cargo build --release --locked && rm -r src
COPY src src
COPY data data
RUN touch src/main.rs src/lib.rs && cargo build --release --locked

FROM ${RUN_IMAGE}
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin agglo \
    && install --directory --owner agglo /var/lib/agglo
COPY --from=build /src/target/release/agglo /usr/local/bin/agglo
USER 10001
ENV AGGLO_LISTEN=0.0.0.0:50551 \
    AGGLO_STORE=/var/lib/agglo
VOLUME /var/lib/agglo
EXPOSE 50551
HEALTHCHECK --interval=10s --timeout=3s CMD ["agglo", "healthcheck"]
ENTRYPOINT ["agglo"]
CMD ["serve"]
