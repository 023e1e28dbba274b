// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const schemaURL = "https://opentelemetry.io/schemas/1.36.0"

var shop = resource.NewWithAttributes("https://opentelemetry.io/schemas/1.37.0",
	attribute.String("service.name", "go shop"),
	attribute.String("service.version", "1.2.3"),
	attribute.Int("host.cpus", 4),
	attribute.Float64("ratio", 0.5),
	attribute.Bool("on", true),
	attribute.StringSlice("list", []string{"a", "b"}))

var attributes = []attribute.KeyValue{
	attribute.String("string", "grüße 🛒"),
	attribute.String("empty", ""),
	attribute.Int64("int", -9007199254740993),
	attribute.Int64("big", 9223372036854775807),
	attribute.Float64("double", 1.5),
	attribute.Bool("bool", false),
	attribute.StringSlice("strings", []string{"a", ""}),
	attribute.Int64Slice("ints", []int64{1, -1}),
	attribute.Float64Slice("doubles", []float64{0.1, 1e300}),
	attribute.BoolSlice("bools", []bool{true, false}),
	attribute.ByteSlice("bytes", []byte{0, 255}),
	attribute.Map("map", attribute.Slice("list", attribute.IntValue(1), attribute.StringValue("x"))),
	attribute.String("__proto__", "just a key"),
}

var start = time.Unix(1_700_000_000, 123_456_789)

// Every field of spans that the SDK can set.
func sendTraces(ctx context.Context, to destination) error {
	exporter, err := to.spanExporter(ctx)
	if err != nil {
		return err
	}
	limits := sdktrace.NewSpanLimits()
	limits.AttributeCountLimit = 20
	limits.EventCountLimit = 5
	limits.LinkCountLimit = 2
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter), sdktrace.WithResource(shop), sdktrace.WithRawSpanLimits(limits))
	tracer := provider.Tracer("go.tracer", trace.WithInstrumentationVersion("4.5.6"), trace.WithSchemaURL(schemaURL),
		trace.WithInstrumentationAttributes(attribute.String("scope.key", "value")))
	state, err := trace.ParseTraceState("vendor=value,other=x")
	if err != nil {
		return err
	}
	remote := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID:    trace.TraceID{0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c},
		SpanID:     trace.SpanID{0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31},
		TraceFlags: trace.FlagsSampled,
		TraceState: state,
		Remote:     true,
	})
	link := trace.Link{SpanContext: remote, Attributes: []attribute.KeyValue{attribute.Int("link", 1)}}
	parentContext, parent := tracer.Start(trace.ContextWithRemoteSpanContext(ctx, remote), "parent",
		trace.WithTimestamp(start), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attributes...),
		trace.WithLinks(link, link, link))
	parent.AddEvent("event", trace.WithTimestamp(start.Add(1)), trace.WithAttributes(attribute.Int("n", 1)))
	for _, kind := range []trace.SpanKind{
		trace.SpanKindInternal, trace.SpanKindClient, trace.SpanKindProducer, trace.SpanKindConsumer,
	} {
		_, child := tracer.Start(parentContext, "child "+kind.String(), trace.WithSpanKind(kind))
		child.SetStatus(codes.Ok, "")
		child.End()
	}
	_, failing := tracer.Start(parentContext, "failing")
	failing.RecordError(errors.New("out of stock"))
	failing.SetStatus(codes.Error, "out of stock")
	failing.End()
	_, many := tracer.Start(parentContext, "many")
	for number := range 40 {
		many.SetAttributes(attribute.Int(fmt.Sprintf("key.%d", number), number))
		many.AddEvent(fmt.Sprintf("event %d", number))
	}
	many.End()
	parent.End(trace.WithTimestamp(start.Add(time.Second)))
	return errors.Join(provider.ForceFlush(ctx), provider.Shutdown(ctx))
}

// Every kind of instrument, both histograms, exemplars.
func sendMetrics(ctx context.Context, to destination) error {
	exporter, err := to.metricExporter(ctx)
	if err != nil {
		return err
	}
	exponential := sdkmetric.NewView(sdkmetric.Instrument{Name: "exponential"},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}})
	provider := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter, sdkmetric.WithInterval(time.Hour))),
		sdkmetric.WithResource(shop), sdkmetric.WithView(exponential))
	meter := provider.Meter("go.meter", metric.WithInstrumentationVersion("1"), metric.WithSchemaURL(schemaURL),
		metric.WithInstrumentationAttributes(attribute.Int("scope.key", 7)))
	sampled := trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1, 2, 3}, SpanID: trace.SpanID{4, 5, 6}, TraceFlags: trace.FlagsSampled,
	}))
	region := metric.WithAttributes(attribute.String("region", "eu"))
	counter, err1 := meter.Int64Counter("counter", metric.WithUnit("{order}"), metric.WithDescription("Orders"))
	double, err2 := meter.Float64Counter("counter.double")
	upDown, err3 := meter.Int64UpDownCounter("updown")
	explicit, err4 := meter.Float64Histogram("explicit", metric.WithUnit("ms"), metric.WithDescription("Duration"))
	powers, err5 := meter.Float64Histogram("exponential", metric.WithUnit("ms"))
	gauge, err6 := meter.Float64Gauge("gauge")
	_, err7 := meter.Int64ObservableGauge("observable.gauge", metric.WithInt64Callback(observe))
	_, err8 := meter.Int64ObservableCounter("observable.counter", metric.WithInt64Callback(observe))
	_, err9 := meter.Int64ObservableUpDownCounter("observable.updown", metric.WithInt64Callback(observe))
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9); err != nil {
		return err
	}
	counter.Add(sampled, 5, region)
	double.Add(sampled, 0.25, region)
	upDown.Add(sampled, -3, region)
	for _, value := range []float64{0, 0.1, 5, 7.5, 120, 99999, -2} {
		explicit.Record(sampled, value, region)
		powers.Record(sampled, value, region)
	}
	gauge.Record(sampled, 2.5)
	// Ends with an export; a flush before it would be a second one.
	return provider.Shutdown(ctx)
}

func observe(_ context.Context, observer metric.Int64Observer) error {
	observer.Observe(7, metric.WithAttributes(attribute.String("pool", "a")))
	observer.Observe(8, metric.WithAttributes(attribute.String("pool", "b")))
	return nil
}

// Every kind of body and severity, trace context, names of events.
func sendLogs(ctx context.Context, to destination) error {
	exporter, err := to.logExporter(ctx)
	if err != nil {
		return err
	}
	provider := sdklog.NewLoggerProvider(
		sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)), sdklog.WithResource(shop), sdklog.WithAttributeCountLimit(3))
	logger := provider.Logger("go.logger", log.WithInstrumentationVersion("2"), log.WithSchemaURL(schemaURL),
		log.WithInstrumentationAttributes(attribute.String("scope.key", "logs")))
	inSpan := trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{9, 8, 7}, SpanID: trace.SpanID{6, 5, 4}, TraceFlags: trace.FlagsSampled,
	}))
	bodies := []attribute.Value{
		attribute.StringValue("text"),
		attribute.IntValue(7),
		attribute.Float64Value(1.25),
		attribute.BoolValue(true),
		attribute.ByteSliceValue([]byte{0, 255}),
		attribute.SliceValue(attribute.StringValue("a"), attribute.IntValue(1), attribute.Value{}),
		attribute.MapValue(attribute.Slice("b", attribute.IntValue(1), attribute.StringValue("x")),
			attribute.KeyValue{Key: "n"}),
		{},
	}
	for number, body := range bodies {
		record := log.Record{}
		record.SetTimestamp(start.Add(time.Duration(number)))
		record.SetObservedTimestamp(start.Add(time.Second))
		record.SetSeverity(log.Severity(1 + number*3))
		record.SetSeverityText("LEVEL")
		record.SetBody(body)
		record.AddAttributes(attribute.Int("number", number),
			attribute.Map("nested", attribute.Slice("deep", attribute.IntValue(1))),
			attribute.ByteSlice("bytes", []byte{1, 2}), attribute.String("one", "too many"))
		if number%2 == 0 {
			record.SetEventName("shop.event")
		}
		logger.Emit(inSpan, record)
	}
	return errors.Join(provider.ForceFlush(ctx), provider.Shutdown(ctx))
}
