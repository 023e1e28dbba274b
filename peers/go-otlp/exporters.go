// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	collectorlogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortraces "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
)

func (to destination) spanExporter(ctx context.Context) (*otlptrace.Exporter, error) {
	if to.protocol == "http" {
		return otlptracehttp.New(ctx,
			otlptracehttp.WithEndpointURL(to.url("/v1/traces")),
			otlptracehttp.WithCompression(otlptracehttp.GzipCompression),
			otlptracehttp.WithTimeout(exportTimeout),
			otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}),
			otlptracehttp.WithHTTPClient(to.httpClient()))
	}
	return otlptracegrpc.New(ctx,
		otlptracegrpc.WithEndpoint(to.endpoint),
		otlptracegrpc.WithCompressor("gzip"),
		otlptracegrpc.WithTimeout(exportTimeout),
		otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{Enabled: false}),
		otlptracegrpc.WithTLSCredentials(to.credentials()),
		otlptracegrpc.WithDialOption(grpc.WithChainUnaryInterceptor(to.recordCall)))
}

func (to destination) metricExporter(ctx context.Context) (sdkmetric.Exporter, error) {
	if to.protocol == "http" {
		return otlpmetrichttp.New(ctx,
			otlpmetrichttp.WithEndpointURL(to.url("/v1/metrics")),
			otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression),
			otlpmetrichttp.WithTimeout(exportTimeout),
			otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig{Enabled: false}),
			otlpmetrichttp.WithHTTPClient(to.httpClient()))
	}
	return otlpmetricgrpc.New(ctx,
		otlpmetricgrpc.WithEndpoint(to.endpoint),
		otlpmetricgrpc.WithCompressor("gzip"),
		otlpmetricgrpc.WithTimeout(exportTimeout),
		otlpmetricgrpc.WithRetry(otlpmetricgrpc.RetryConfig{Enabled: false}),
		otlpmetricgrpc.WithTLSCredentials(to.credentials()),
		otlpmetricgrpc.WithDialOption(grpc.WithChainUnaryInterceptor(to.recordCall)))
}

func (to destination) logExporter(ctx context.Context) (sdklog.Exporter, error) {
	if to.protocol == "http" {
		return otlploghttp.New(ctx,
			otlploghttp.WithEndpointURL(to.url("/v1/logs")),
			otlploghttp.WithCompression(otlploghttp.GzipCompression),
			otlploghttp.WithTimeout(exportTimeout),
			otlploghttp.WithRetry(otlploghttp.RetryConfig{Enabled: false}),
			otlploghttp.WithHTTPClient(to.httpClient()))
	}
	return otlploggrpc.New(ctx,
		otlploggrpc.WithEndpoint(to.endpoint),
		otlploggrpc.WithCompressor("gzip"),
		otlploggrpc.WithTimeout(exportTimeout),
		otlploggrpc.WithRetry(otlploggrpc.RetryConfig{Enabled: false}),
		otlploggrpc.WithTLSCredentials(to.credentials()),
		otlploggrpc.WithDialOption(grpc.WithChainUnaryInterceptor(to.recordCall)))
}

func (to destination) url(path string) string {
	if to.tls == nil {
		return "http://" + to.endpoint + path
	}
	return "https://" + to.endpoint + path
}

func (to destination) credentials() credentials.TransportCredentials {
	if to.tls == nil {
		return insecure.NewCredentials()
	}
	return credentials.NewTLS(to.tls)
}

func (to destination) recordCall(
	ctx context.Context, method string, request, reply any,
	connection *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
	// /opentelemetry.proto.collector.trace.v1.TraceService/Export
	_, rest, _ := strings.Cut(method, ".collector.")
	name, _, _ := strings.Cut(rest, ".")
	signal := map[string]string{"trace": "traces", "metrics": "metrics", "logs": "logs"}[name]
	if err := to.sent.write(signal, request.(proto.Message)); err != nil {
		return err
	}
	return invoke(ctx, method, request, reply, connection, options...)
}

func (to destination) httpClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = to.tls
	return &http.Client{Transport: recorder{to.sent, transport}, Timeout: exportTimeout}
}

// Writes down each request before it is sent.
type recorder struct {
	sent *record
	next http.RoundTripper
}

func (r recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	unzipped, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(unzipped)
	if err != nil {
		return nil, err
	}
	messages := map[string]proto.Message{
		"traces":  &collectortraces.ExportTraceServiceRequest{},
		"metrics": &collectormetrics.ExportMetricsServiceRequest{},
		"logs":    &collectorlogs.ExportLogsServiceRequest{},
	}
	signal := strings.TrimPrefix(request.URL.Path, "/v1/")
	message, known := messages[signal]
	if !known {
		return nil, fmt.Errorf("path %s is of no signal", request.URL.Path)
	}
	if err := proto.Unmarshal(plain, message); err != nil {
		return nil, err
	}
	if err := r.sent.write(signal, message); err != nil {
		return nil, err
	}
	return r.next.RoundTrip(request)
}
