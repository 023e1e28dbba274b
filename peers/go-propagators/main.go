// SPDX-License-Identifier: Apache-2.0

// Command go-propagators is a service with OpenTelemetry Go's SDK and one of its propagators.
//
// Usage: go-propagators tracecontext|b3|b3multi|jaeger
//
// It prints its port. GET /?next=URL is served in a span that continues the caller's trace, and calls URL in a span below.
// The answer is JSON: what was read, both spans, and the answer of URL.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"

	"go.opentelemetry.io/contrib/propagators/b3"
	"go.opentelemetry.io/contrib/propagators/jaeger"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

type span struct {
	TraceID    string `json:"traceId"`
	SpanID     string `json:"spanId"`
	IsSampled  bool   `json:"isSampled"`
	TraceState string `json:"traceState"`
}

type answer struct {
	Parent  span              `json:"parent"`
	Served  span              `json:"served"`
	Call    span              `json:"call"`
	Baggage map[string]string `json:"baggage"`
	Next    json.RawMessage   `json:"next"`
}

func described(ctx context.Context) span {
	found := trace.SpanContextFromContext(ctx)
	return span{found.TraceID().String(), found.SpanID().String(), found.IsSampled(), found.TraceState().String()}
}

func propagatorOf(format string) propagation.TextMapPropagator {
	switch format {
	case "b3":
		return b3.New(b3.WithInjectEncoding(b3.B3SingleHeader))
	case "b3multi":
		return b3.New(b3.WithInjectEncoding(b3.B3MultipleHeader))
	case "jaeger":
		return jaeger.Jaeger{}
	default:
		return propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	}
}

func main() {
	propagator := propagatorOf(os.Args[1])
	tracer := sdktrace.NewTracerProvider().Tracer("service")
	serve := func(w http.ResponseWriter, r *http.Request) error {
		ctx := propagator.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		result := answer{Parent: described(ctx), Baggage: map[string]string{}}
		for _, member := range baggage.FromContext(ctx).Members() {
			result.Baggage[member.Key()] = member.Value()
		}
		ctx, served := tracer.Start(ctx, "serve", trace.WithSpanKind(trace.SpanKindServer))
		defer served.End()
		result.Served = described(ctx)
		ctx, call := tracer.Start(ctx, "call", trace.WithSpanKind(trace.SpanKindClient))
		defer call.End()
		result.Call = described(ctx)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL.Query().Get("next"), nil)
		if err != nil {
			return err
		}
		propagator.Inject(ctx, propagation.HeaderCarrier(request.Header))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if err := json.NewDecoder(response.Body).Decode(&result.Next); err != nil {
			return err
		}
		return json.NewEncoder(w).Encode(result)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("listening on %d\n", listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := serve(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})))
}
