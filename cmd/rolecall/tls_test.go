package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate makes a certificate for this machine, valid for an hour, and its key.
func certificate(t *testing.T) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	return certificateUntil(t, time.Now().Add(time.Hour))
}

func certificateUntil(t *testing.T, end time.Time) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: end, DNSNames: []string{"roles.example.com"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	roots = x509.NewCertPool()
	parsed, err := x509.ParseCertificate(cert)
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(parsed)
	return write("cert.pem", "CERTIFICATE", cert), write("key.pem", "PRIVATE KEY", private), roots
}

// D5: with a certificate nothing older than TLS 1.2 is spoken, nothing that encrypts without guarding, and browsers are
// told to come back the same way.
func TestD5_TLS(t *testing.T) {
	t.Parallel()
	certFile, keyFile, roots := certificate(t)
	server := start(t, nil, "", "--db", filepath.Join(t.TempDir(), "rolecall.db"), "--http-address", "127.0.0.1:0", "--tls-cert-file", certFile, "--tls-key-file", keyFile)
	address := server.wait(t, &server.log, `address=(\S+)`)
	for name, tt := range map[string]struct {
		version uint16
		cipher  uint16 // any if 0
		spoken  bool
	}{
		"1.3":          {tls.VersionTLS13, 0, true},
		"1.2":          {tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, true},
		"1.2 with CBC": {tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, false},
		"1.1":          {tls.VersionTLS11, 0, false},
		"1.0":          {tls.VersionTLS10, 0, false},
	} {
		c := &tls.Config{RootCAs: roots, MinVersion: tt.version, MaxVersion: tt.version}
		if tt.cipher != 0 {
			c.CipherSuites = []uint16{tt.cipher}
		}
		conn, err := tls.Dial("tcp", address, c)
		if (err == nil) != tt.spoken {
			t.Errorf("TLS %s: %v", name, err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	res, err := client.Get("https://" + address + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.ProtoMajor != 2 || res.Header.Get("Strict-Transport-Security") != "max-age=31536000; includeSubDomains" {
		t.Errorf("%s with Strict-Transport-Security %q", res.Proto, res.Header.Get("Strict-Transport-Security"))
	}
}

// A certificate is told of before it ends and after it has ended.
func TestCertificateEnds(t *testing.T) {
	t.Parallel()
	end := time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)
	certFile, keyFile, _ := certificateUntil(t, end)
	loaded, err := loadCertificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	for before, want := range map[time.Duration]string{
		15 * 24 * time.Hour: "",
		13 * 24 * time.Hour: "the certificate expires soon",
		time.Second:         "the certificate expires soon",
		0:                   "the certificate has expired",
		-time.Hour:          "the certificate has expired",
	} {
		var log strings.Builder
		loaded.warn(slog.New(slog.NewTextHandler(&log, nil)), end.Add(-before))
		if got := log.String(); !strings.Contains(got, want) || (got == "") != (want == "") || want != "" && !strings.Contains(got, "2030-05-01T12:00:00") {
			t.Errorf("%v before its end: %q, want %q", before, got, want)
		}
	}
}

// C4: the names of the certificate are those by which this server may be called, and no others.
func TestC4_NamesOfTheCertificate(t *testing.T) {
	t.Parallel()
	certFile, keyFile, _ := certificate(t)
	loaded, err := loadCertificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	c := &config{certificate: loaded}
	for host, want := range map[string]bool{
		"roles.example.com": true, "ROLES.example.com": true, "127.0.0.1": true,
		"": false, "example.com": false, "evil.example": false, "x.roles.example.com": false, "roles.example.com.evil.example": false, "127.0.0.2": false,
	} {
		if got := c.ownName(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
	if (&config{}).ownName("roles.example.com") {
		t.Error("without a certificate there is no name")
	}
}

// Browsers insist on TLS for the names below the host as well, unless the operator says that some lack it.
func TestHSTSHostOnly(t *testing.T) {
	t.Parallel()
	server := start(t, nil, "", "--db", filepath.Join(t.TempDir(), "rolecall.db"), "--http-address", "127.0.0.1:0", "--access-url", "https://roles.example.com", "--hsts-host-only")
	res, err := http.Get("http://" + server.wait(t, &server.log, `address=(\S+)`) + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := res.Header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
		t.Errorf("Strict-Transport-Security is %q", got)
	}
}
