package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// traceSettings has the values of OpenTelemetry's variables. Other programs share their names, so they are not settings
// of this one and have no flags.
type traceSettings struct {
	endpoint string      // with its whole path
	headers  http.Header // of each message, such as the token for the collector
	gzip     bool        // messages are compressed
	timeout  time.Duration
	tls      *tls.Config // nil for the system's
	sampler  sdktrace.Sampler
	resource []attribute.KeyValue // how the server identifies itself
	batches  []sdktrace.BatchSpanProcessorOption
}

// traceReader reads the variables, and collects what is wrong with them.
type traceReader struct {
	env   map[string]string
	wrong []string
}

// readTraceSettings returns nil if no traces are asked for: none of the variables names a collector.
func readTraceSettings(env map[string]string) (*traceSettings, error) {
	r := &traceReader{env: env}
	off := r.oneOf("OTEL_SDK_DISABLED", "false", "true", "false") == "true"
	exporter := r.oneOf("OTEL_TRACES_EXPORTER", "", "otlp", "none")
	_, where := r.exporter("ENDPOINT")
	if off || exporter == "none" || exporter == "" && where == "" {
		return nil, r.err()
	}
	if name, protocol := r.exporter("PROTOCOL"); protocol != "" && protocol != "http/protobuf" {
		r.complain(name, protocol, "is not http/protobuf, the one protocol that traces are sent by")
	}
	s := &traceSettings{
		endpoint: r.endpoint(), headers: r.headers(), timeout: r.timeout(), sampler: r.sampler(), resource: r.attributes(), tls: r.tls(),
	}
	switch name, compression := r.exporter("COMPRESSION"); compression {
	case "", "none":
	case "gzip":
		s.gzip = true
	default:
		r.complain(name, compression, "is neither gzip nor none")
	}
	s.batches = r.batches()
	// The library reads these, and uses its defaults if they are wrong.
	for _, name := range []string{
		"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_EVENT_COUNT_LIMIT", "OTEL_SPAN_LINK_COUNT_LIMIT",
	} {
		r.number(name, 0)
	}
	return s, r.err()
}

// complain reports a value that is not secret.
func (r *traceReader) complain(name, value, why string) {
	r.wrong = append(r.wrong, fmt.Sprintf("%s: %q %s", name, value, why))
}

// err returns everything that was wrong, in one sentence.
func (r *traceReader) err() error {
	if len(r.wrong) == 0 {
		return nil
	}
	return errors.New(strings.Join(r.wrong, "; "))
}

// exporter returns a variable of the exporter: one for traces takes precedence over one for all signals.
func (r *traceReader) exporter(what string) (name, value string) {
	for _, name = range []string{"OTEL_EXPORTER_OTLP_TRACES_" + what, "OTEL_EXPORTER_OTLP_" + what} {
		if value = strings.TrimSpace(r.env[name]); value != "" {
			break
		}
	}
	return name, value
}

// oneOf reads one of some words, in any case.
func (r *traceReader) oneOf(name, otherwise string, values ...string) string {
	v := cmp.Or(strings.TrimSpace(r.env[name]), otherwise)
	if v != "" && !slices.Contains(values, strings.ToLower(v)) {
		r.complain(name, v, "is none of "+strings.Join(values, ", "))
	}
	return strings.ToLower(v)
}

// number reads a whole number that is not negative.
func (r *traceReader) number(name string, otherwise int) int {
	v := strings.TrimSpace(r.env[name])
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		r.complain(name, v, "is not a whole number")
	}
	return n
}

// endpoint returns where traces are sent: the address for traces, or one below that for all signals.
func (r *traceReader) endpoint() string {
	name, v := r.exporter("ENDPOINT")
	v = cmp.Or(v, "http://localhost:4318")
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		r.wrong = append(r.wrong, name+": not a URL like http://collector.example.com:4318") // it may hold a password
		return ""
	}
	if name == "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" {
		return u.String()
	}
	return u.JoinPath("v1/traces").String()
}

// batches says how many spans wait, and for how long. What is not set is left to the library.
func (r *traceReader) batches() (options []sdktrace.BatchSpanProcessorOption) {
	if ms := r.number("OTEL_BSP_SCHEDULE_DELAY", 0); ms > 0 {
		options = append(options, sdktrace.WithBatchTimeout(time.Duration(ms)*time.Millisecond))
	}
	if ms := r.number("OTEL_BSP_EXPORT_TIMEOUT", 0); ms > 0 {
		options = append(options, sdktrace.WithExportTimeout(time.Duration(ms)*time.Millisecond))
	}
	if n := r.number("OTEL_BSP_MAX_QUEUE_SIZE", 0); n > 0 {
		options = append(options, sdktrace.WithMaxQueueSize(n))
	}
	if n := r.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 0); n > 0 {
		options = append(options, sdktrace.WithMaxExportBatchSize(n))
	}
	return options
}

// timeout returns the time for one try to send spans.
func (r *traceReader) timeout() time.Duration {
	name, _ := r.exporter("TIMEOUT")
	return time.Duration(r.number(name, 10_000)) * time.Millisecond
}

// pairs reads key=value,key=value with values encoded as in a URL. Values may be secret, so none is reported.
func (r *traceReader) pairs(name, list string, use func(key, value string)) {
	for pair := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		key, value, ok := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if key = strings.TrimSpace(key); !ok || key == "" || err != nil {
			r.wrong = append(r.wrong, name+": not a list like key=value,key=value")
			return
		}
		use(key, value)
	}
}

// headers returns the headers, which may contain a token.
func (r *traceReader) headers() http.Header {
	h := http.Header{}
	name, list := r.exporter("HEADERS")
	r.pairs(name, list, h.Set)
	return h
}

// attributes returns how the server identifies itself.
func (r *traceReader) attributes() (all []attribute.KeyValue) {
	const name = "OTEL_RESOURCE_ATTRIBUTES"
	service := "rolecall"
	r.pairs(name, r.env[name], func(key, value string) {
		if key == "service.name" {
			service = value
			return
		}
		all = append(all, attribute.String(key, value))
	})
	return append(all, attribute.String("service.name", cmp.Or(strings.TrimSpace(r.env["OTEL_SERVICE_NAME"]), service)))
}

// sampler decides which traces are kept. Samplers that begin with "parentbased_" follow the decision of a trusted
// proxy.
func (r *traceReader) sampler() sdktrace.Sampler {
	const name, share = "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"
	kind := r.oneOf(name, "parentbased_always_on", "always_on", "always_off", "traceidratio",
		"parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio")
	kind, parent := strings.CutPrefix(kind, "parentbased_")
	s := sdktrace.AlwaysSample()
	switch kind {
	case "always_off":
		s = sdktrace.NeverSample()
	case "traceidratio":
		v := cmp.Or(strings.TrimSpace(r.env[share]), "1")
		part, err := strconv.ParseFloat(v, 64)
		if err != nil || math.IsNaN(part) || part < 0 || part > 1 {
			r.complain(share, v, "is not a number from 0 to 1")
		}
		s = sdktrace.TraceIDRatioBased(part)
	}
	if parent {
		s = sdktrace.ParentBased(s)
	}
	return s
}

// tls returns nil for the system's configuration.
func (r *traceReader) tls() *tls.Config {
	rootsName, roots := r.exporter("CERTIFICATE")
	certName, cert := r.exporter("CLIENT_CERTIFICATE")
	_, key := r.exporter("CLIENT_KEY")
	if roots == "" && cert == "" && key == "" {
		return nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if roots != "" {
		text, err := os.ReadFile(roots)
		if c.RootCAs = x509.NewCertPool(); err != nil || !c.RootCAs.AppendCertsFromPEM(text) {
			r.complain(rootsName, roots, "is not a file with certificates (PEM)")
		}
	}
	if cert != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			r.complain(certName, cert, "and its key cannot be read: "+err.Error())
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c
}
