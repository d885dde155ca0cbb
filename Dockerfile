# The image of aside: one static binary and the CA certificates.
#
#     docker build -t aside .
#
# To use it in another image, copy the binary and make it the entrypoint:
#
#     COPY --from=aside /aside /aside
#     ENTRYPOINT ["/aside", "run", "--"]

FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod \
    go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags="-s -w" -o /out/aside ./cmd/aside

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/aside /aside
USER 65532:65532
ENTRYPOINT ["/aside"]
