package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"rolecall.example/client"
)

// tokenVariable has the token for the server that is asked. A flag would show it to other users.
const tokenVariable = "ROLECALL_TOKEN"

// remote returns a client of the server that the settings name.
func (c *config) remote() *client.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: c.authorities, MinVersion: tls.VersionTLS12}
	return &client.Client{
		BaseURL: c.server.String(), Token: c.token, UserAgent: "rolecall " + version(),
		HTTPClient: &http.Client{Timeout: time.Minute, Transport: transport},
	}
}

// parseServer parses the address of the server to ask.
func parseServer(c *config, v string) error {
	if v == "" {
		return nil
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%q is not a URL like https://roles.example.com", v)
	}
	u.Path = strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/api/v2") // as copied from another client's settings
	c.server = u
	return nil
}

// chooseSource decides whether a command asks a file or a server: a flag beats a variable, and both flags at once
// contradict each other.
func (c *config) chooseSource(given, env map[string]string) error {
	_, file := given["db"]
	_, server := given["url"]
	switch {
	case c.server == nil:
		return nil
	case file && server:
		return usageError("--db and --url exclude each other: name either the file or the server")
	case file:
		c.server = nil
		return nil
	}
	if c.token = env[tokenVariable]; c.token == "" {
		return usageError("ROLECALL_TOKEN is needed to ask a server; rolecall token create makes one")
	}
	return nil
}

// parseAuthorities reads certificates that the server's may be signed with.
func parseAuthorities(c *config, v string) error {
	if v == "" {
		return nil
	}
	text, err := os.ReadFile(v)
	if err != nil {
		return err
	}
	if c.authorities, err = x509.SystemCertPool(); err != nil {
		c.authorities = x509.NewCertPool() // none but those of the file
	}
	if !c.authorities.AppendCertsFromPEM(text) {
		return errors.New(v + " has no certificate in PEM")
	}
	return nil
}
