package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/web"
)

// traces makes spans of requests, of the units of their use cases, and of their statements. The layers do not know
// about it: each reports what begins and ends in it, and no one listens if there are no traces. No span contains
// anything that a client sent or that is stored: routes, use cases and queries have the names from the code. A nil
// *traces makes none.
type traces struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	exporter *traceExporter
	database string // in OpenTelemetry's terms
}

// flushTime is how long a server that stops waits until its last spans are accepted.
const flushTime = time.Second

// openTraces makes traces according to the variables OTEL_*, nil if they ask for none. It does not connect yet.
func openTraces(env map[string]string, version string, server bool) (*traces, error) {
	s, err := readTraceSettings(env)
	if err != nil || s == nil {
		return nil, err
	}
	s.resource = append(s.resource, attribute.String("service.version", version))
	exporter := newTraceExporter(s, version)
	out, err := otlptrace.New(context.Background(), exporter)
	if err != nil {
		return nil, err
	}
	t := &traces{exporter: exporter, database: "sqlite", provider: sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(out, s.batches...),
		sdktrace.WithSampler(s.sampler), sdktrace.WithResource(resource.NewSchemaless(s.resource...)),
	)}
	if server {
		t.database = "postgresql"
	}
	t.tracer = t.provider.Tracer("rolecall")
	return t, nil
}

// close sends the remaining spans.
func (t *traces) close() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	_ = t.provider.Shutdown(ctx) // failures were logged
}

// ofRequests begins the trace of a request, or continues that of a trusted proxy.
func (t *traces) ofRequests() web.Begin {
	if t == nil {
		return nil
	}
	return func(ctx context.Context, method, route, traceparent string) (context.Context, func(int)) {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
		ctx, span := t.tracer.Start(ctx, method+" "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			attribute.String("http.request.method", method), attribute.String("http.route", route)))
		return ctx, func(status int) {
			span.SetAttributes(attribute.Int("http.response.status_code", status))
			if status >= http.StatusInternalServerError {
				fail(span, strconv.Itoa(status))
			}
			span.End()
		}
	}
}

// ofUnits makes a span of each unit of a request. The server's own background work has none: it would produce endless
// traces.
func (t *traces) ofUnits() unit.Begin {
	if t == nil {
		return nil
	}
	return func(ctx context.Context, kind, useCase string) (context.Context, func(error)) {
		if !trace.SpanFromContext(ctx).IsRecording() {
			return ctx, func(error) {}
		}
		ctx, span := t.tracer.Start(ctx, kind+" "+useCase, trace.WithAttributes(
			attribute.String("rolecall.unit", kind), attribute.String("code.function.name", useCase)))
		return ctx, func(err error) {
			defer span.End()
			if err == nil || errors.Is(err, context.Canceled) {
				return
			}
			// Only the status: the text of an error may name people. The log has it, with the id of the trace.
			status := org.KindOf(err).Status()
			span.SetAttributes(attribute.Int("rolecall.error.status", status))
			if status >= http.StatusInternalServerError {
				fail(span, strconv.Itoa(status))
			}
		}
	}
}

// maxSummary bounds the summary of the names of many statements that were sent together.
const maxSummary = 255

// ofStatements makes a span of each statement of a request when it has ended.
func (t *traces) ofStatements() []db.Option {
	if t == nil {
		return nil
	}
	return []db.Option{db.NoteEach(func(ctx context.Context, s db.Statement) {
		if !trace.SpanFromContext(ctx).IsRecording() || len(s.Queries) == 0 {
			return
		}
		name, all := s.Queries[0], strings.Join(s.Queries, " ")
		attributes := []attribute.KeyValue{
			attribute.String("db.system.name", t.database), attribute.String("db.query.summary", all[:min(len(all), maxSummary)]),
		}
		if n := len(s.Queries); n > 1 {
			name = fmt.Sprintf("%s and %d more", name, n-1)
			attributes = append(attributes, attribute.Int("db.operation.batch.size", n))
		}
		_, span := t.tracer.Start(ctx, name, trace.WithTimestamp(s.Start), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...))
		if s.Err != nil && !errors.Is(s.Err, context.Canceled) {
			fail(span, "_OTHER") // the database's message may contain stored data
		}
		span.End(trace.WithTimestamp(s.Start.Add(s.Took)))
	})}
}

// fail marks a span as failed, with a word that has a bounded number of values.
func fail(span trace.Span, kind string) {
	span.SetStatus(codes.Error, "")
	span.SetAttributes(attribute.String("error.type", kind))
}

// logged adds the ids of trace and span to the lines of log.
func (t *traces) logged(log *slog.Logger) *slog.Logger {
	if t == nil {
		return log
	}
	t.exporter.log = log
	return slog.New(tracedLog{log.Handler()})
}

type tracedLog struct{ slog.Handler }

// Handle adds the ids to a line that belongs to a request.
func (h tracedLog) Handle(ctx context.Context, r slog.Record) error {
	if s := trace.SpanContextFromContext(ctx); s.IsValid() {
		r.AddAttrs(slog.String("trace_id", s.TraceID().String()), slog.String("span_id", s.SpanID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps the ids.
func (h tracedLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return tracedLog{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the ids.
func (h tracedLog) WithGroup(name string) slog.Handler { return tracedLog{h.Handler.WithGroup(name)} }
