package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

func healthcheckCommand() *command {
	return &command{
		name:     "healthcheck",
		summary:  "Check that a server on this machine is healthy",
		about:    "Prints ok, or fails with the reason. Meant for the health check of a container.",
		examples: []string{"rolecall healthcheck --http-address 127.0.0.1:8080"},
		settings: []string{"http-address", "tls-cert-file"},
		run:      healthcheck,
	}
}

// healthcheck checks that the process answers, not that it is ready: a server must not be killed because its database
// is away for a moment.
func healthcheck(ctx context.Context, t *terminal, c *config) error {
	// Containers kill a check that hangs, and its reason would be lost.
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.healthURL(), nil)
	if err != nil {
		return err
	}
	// The certificate is for the public name, not for this address, and nothing secret is sent.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // see above
	res, err := client.Do(req)
	if err == nil {
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s answered %s", req.URL, res.Status)
		}
	}
	if err != nil {
		fmt.Fprintf(t.err, "rolecall: %v\n", err)
		return errNo // for a container's health check, 1 is the only defined failure
	}
	return t.print(report{value: map[string]string{"status": "ok"}, rows: [][]string{{"ok"}}, names: silent})
}

// healthURL returns the address of the probe. A server that listens on all addresses is asked over loopback.
func (c *config) healthURL() string {
	host, port, _ := net.SplitHostPort(c.address)
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http"
	if c.certFile != "" {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + "/healthz"
}
