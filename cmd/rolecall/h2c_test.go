package main

import (
	"net/http"
	"path/filepath"
	"testing"
)

// TestH2C: without TLS HTTP/2 is spoken only where that was asked for, and HTTP/1.1 always. With TLS there is nothing to
// ask for.
func TestH2C(t *testing.T) {
	t.Parallel()
	ask := func(url string, protocols func(*http.Protocols)) (version int, err error) {
		t.Helper()
		transport := &http.Transport{Protocols: &http.Protocols{}}
		protocols(transport.Protocols)
		defer transport.CloseIdleConnections()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/buildinfo", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := transport.RoundTrip(req)
		if err != nil {
			return 0, err
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusOK {
			t.Errorf("got %d", res.StatusCode)
		}
		return res.ProtoMajor, nil
	}
	one := func(p *http.Protocols) { p.SetHTTP1(true) }
	two := func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }
	for _, flags := range [][]string{{"--h2c"}, nil} {
		server := start(t, nil, "", append([]string{"--db", filepath.Join(t.TempDir(), "rolecall.db"), "--http-address", "127.0.0.1:0"}, flags...)...)
		url := "http://" + server.wait(t, &server.log, `address=(\S+)`)
		if version, err := ask(url, one); version != 1 {
			t.Errorf("%q: HTTP/%d, %v", flags, version, err)
		}
		if version, err := ask(url, two); (version == 2) != (flags != nil) || (err == nil) != (flags != nil) {
			t.Errorf("%q: HTTP/%d, %v", flags, version, err)
		}
	}
	certFile, keyFile, _ := certificate(t)
	if code, _, says := call(t, "", "--h2c", "--tls-cert-file", certFile, "--tls-key-file", keyFile); code != 2 {
		t.Errorf("with TLS: exit code %d, %s", code, says)
	}
}
