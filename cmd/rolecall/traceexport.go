package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// traceExporter sends spans over OTLP/HTTP. The library's own client for that depends on all of gRPC without using it:
// a single POST is enough.
type traceExporter struct {
	*traceSettings
	client *http.Client
	agent  string
	log    *slog.Logger // for reporting what could not be sent
	toldAt atomic.Int64 // when a failure was logged last, in seconds since 1970
}

const (
	traceTries   = 3                      // how often the same spans are tried
	traceBackoff = 200 * time.Millisecond // after the first failure; doubled each time
)

func newTraceExporter(s *traceSettings, version string) *traceExporter {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = s.tls
	return &traceExporter{s, &http.Client{Transport: transport, Timeout: s.timeout}, "rolecall/" + version, slog.Default(), atomic.Int64{}}
}

// Start does nothing: a collector that is down must not keep the server from starting.
func (*traceExporter) Start(context.Context) error { return nil }

// Stop closes the connections.
func (e *traceExporter) Stop(context.Context) error {
	e.client.CloseIdleConnections()
	return nil
}

// UploadTraces sends spans. Spans that a collector does not accept after some tries are lost, which is logged once a
// minute.
func (e *traceExporter) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	// It has the same wire format as ExportTraceServiceRequest, whose package needs gRPC.
	message, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err == nil && e.gzip {
		message, err = compressed(message)
	}
	wait := traceBackoff
	for try := 1; err == nil; try++ {
		var again bool
		if again, err = e.send(ctx, message); err == nil {
			return nil
		}
		if !again || try == traceTries {
			break
		}
		select {
		case <-time.After(wait):
			wait *= 2
			err = nil
		case <-ctx.Done():
		}
	}
	now := time.Now().Unix()
	if last := e.toldAt.Load(); now-last >= int64(time.Minute/time.Second) && e.toldAt.CompareAndSwap(last, now) {
		e.log.Warn("traces could not be sent", "err", err)
	}
	return nil // it is logged
}

// compressed returns a message in the form that collectors prefer.
func compressed(message []byte) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(message); err != nil {
		return nil, err
	}
	err := w.Close()
	return b.Bytes(), err
}

// send tries once. again says that it may work later.
func (e *traceExporter) send(ctx context.Context, message []byte) (again bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.endpoint, bytes.NewReader(message))
	if err != nil {
		return false, err
	}
	for name, values := range e.headers {
		r.Header[name] = values
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("User-Agent", e.agent)
	if e.gzip {
		r.Header.Set("Content-Encoding", "gzip")
	}
	answer, err := e.client.Do(r)
	if err != nil {
		return true, err
	}
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection can be used again
	_ = answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		again = true
	default:
		if answer.StatusCode/100 == 2 {
			return false, nil
		}
	}
	return again, fmt.Errorf("%s answered %s", e.endpoint, answer.Status)
}
