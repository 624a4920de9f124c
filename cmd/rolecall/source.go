package main

import (
	"cmp"
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
	// A clone keeps the proxies of the environment, and changes nothing for others.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = time.Minute // a long list may take longer
	transport.TLSClientConfig = &tls.Config{RootCAs: c.authorities, MinVersion: tls.VersionTLS12}
	return &client.Client{
		BaseURL: c.server.String(), Token: c.token, UserAgent: "rolecall " + version(),
		HTTPClient: &http.Client{Transport: transport},
	}
}

// parseServer parses the address of the server to ask. A name and a password in the URL are refused, since the list of
// processes would show them.
func parseServer(c *config, v string) error {
	if v == "" {
		return nil
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%q is not a URL like https://roles.example.com", v)
	}
	u.Path = strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/api/v2") // as in the settings of other clients
	c.server = u
	return nil
}

// chooseSource decides whether a command asks a file or a server: a flag takes precedence over a variable, that over
// the current context, and that over the default file. Two flags contradict each other.
func (c *config) chooseSource(given, env map[string]string) error {
	var flags []string
	for _, name := range []string{"db", "url", "context"} {
		if _, ok := given[name]; ok {
			flags = append(flags, name)
		}
	}
	// There may be several variables, as they are set once for many commands; then their order decides.
	if len(flags) > 1 {
		return usageError("--" + strings.Join(flags, " and --") + " exclude each other: name either the file or the server")
	}
	if len(flags) == 0 {
		for _, name := range []string{"url", "context", "db"} {
			if env[variable(name)] != "" {
				flags = append(flags, name)
			}
		}
	}
	stored, err := loadLogins(env)
	switch {
	// Even if the login is not needed: a file that cannot be read should be fixed, not ignored.
	case err != nil:
		return err
	case len(flags) == 0 && stored.Current == "", len(flags) > 0 && flags[0] == "db":
		c.server = nil
		return nil
	case len(flags) > 0 && flags[0] == "url":
		return c.useURL(env, stored)
	}
	l, err := stored.find(cmp.Or(c.context, stored.Current))
	if err != nil {
		return err
	}
	return c.use(l)
}

// useURL takes the token for a server that was named by its address. Without one, asking fails. A stored token is only
// sent to the server that it was stored for.
func (c *config) useURL(env map[string]string, stored *logins) error {
	if c.token = env[tokenVariable]; c.token != "" {
		c.inForce["token"] = valueFrom{cut(c.token), tokenVariable}
		return nil
	}
	for _, l := range stored.Contexts {
		if l.URL == c.server.String() {
			return c.use(l)
		}
	}
	return nil
}

// use makes a command ask the server of a stored login.
func (c *config) use(l login) error {
	if err := parseServer(c, l.URL); err != nil {
		return err
	}
	c.token = l.Token
	c.inForce["token"] = valueFrom{cut(c.token), "context " + l.Name}
	// config shows it, since this server would be asked.
	if c.inForce["url"].value == "" {
		c.inForce["url"] = valueFrom{l.URL, "context " + l.Name}
	}
	// A flag for this call takes precedence over what was stored.
	if c.authorities != nil || l.CAFile == "" {
		return nil
	}
	c.inForce["ca-file"] = valueFrom{l.CAFile, "context " + l.Name}
	return parseAuthorities(c, l.CAFile)
}

// parseAuthorities reads the certificates that may sign the server's.
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
