package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rolecall.example/db"
	"rolecall.example/web"
)

// config holds the settings of a command. Settings that a command does not read stay empty.
type config struct {
	address         string // host:port
	db              string // path of the SQLite file, or URL of a PostgreSQL server
	named           bool   // a flag or a variable names the database
	makes           bool   // the command creates a missing database
	tampered        bool   // the command opens a database even if its schema was changed
	elsewhere       string // the alternative to --db, for the message about a missing database
	wire            web.Wire
	accessURL       *url.URL
	certFile        string
	keyFile         string
	certificate     *keyPair
	existing        bool   // the server must not create a database
	supervisor      string // the socket for notifications to the supervisor; "" for none
	trustedProxies  []netip.Prefix
	hstsHostOnly    bool // of the header Strict-Transport-Security
	json            bool // the log is in JSON
	sessionLifetime time.Duration
	setupToken      string
	metricsAddress  string   // "" for none
	rateLimit       int      // requests a minute; 0 for no limit
	checkRateLimit  int      // decisions a minute; 0 for no limit
	operands        []string // the arguments besides flags
	operand         string   // the first operand
	server          *url.URL // the server to ask; nil: the file answers
	token           string   // for that server
}

// setting is a value that a flag sets, or else a variable, or else the default.
type setting struct {
	value string
	help  string // the word in backquotes names the value in help
	truth bool   // the flag needs no value
	parse func(c *config, value string) error
}

// variable returns the environment variable of a setting.
func variable(name string) string {
	return "ROLECALL_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

const defaultAddress = "127.0.0.1:8080"

var settings = map[string]setting{
	"http-address": {value: defaultAddress, help: "`HOST:PORT` to listen on; anything but loopback needs TLS or --access-url", parse: parseAddress},
	"db":           {value: "rolecall.db", help: "`FILE` with the data, created if missing; or the postgres:// URL of a database that replicas share", parse: parseDB},
	"wire":         {value: "documented", help: "`STYLE` of the answers on which the API's documents and its clients disagree: documented or sdk", parse: parseWire},
	"access-url":   {value: "", help: "`URL` at which people reach this server, like https://roles.example.com", parse: parseAccessURL},
	"must-exist":   {value: "", help: "do not start without a database instead of creating one", truth: true, parse: parseMustExist},
	"tls-cert-file": {value: "", help: "`FILE` with the certificate chain (PEM), to serve https; SIGHUP reloads it", parse: func(c *config, v string) error {
		c.certFile = v
		return nil
	}},
	"tls-key-file": {value: "", help: "`FILE` with the certificate's key (PEM)", parse: func(c *config, v string) error {
		c.keyFile = v
		return nil
	}},
	"hsts-host-only":  {value: "", help: "with TLS, make browsers require it for this host only, not for its subdomains too", truth: true, parse: parseHSTSHostOnly},
	"url":             {value: "", help: "`URL` of a server to ask instead of the file, with the token in ROLECALL_TOKEN", parse: parseServer},
	"trusted-proxies": {value: "", help: "`CIDR,…` of the proxies whose X-Forwarded-For, X-Request-Id and traceparent are trusted", parse: parseProxies},
	"log-format":      {value: "text", help: "`FORMAT` of the log on standard error: text or json", parse: parseLogFormat},
	"metrics-address": {value: "", help: "`HOST:PORT` to serve Prometheus metrics on, without authentication; off if not set", parse: parseMetricsAddress},
	"rate-limit": {value: "600", help: "`NUMBER` of requests a minute that one caller may make, a tenth of them to sign in; 0 for no limit", parse: func(c *config, v string) (err error) {
		c.rateLimit, err = parseRate(v)
		return err
	}},
	"check-rate-limit": {value: "60000", help: "`NUMBER` of checks a minute that one caller may ask for, on top of its requests; an explained one counts 20; 0 for no limit", parse: func(c *config, v string) (err error) {
		c.checkRateLimit, err = parseRate(v)
		return err
	}},
	"session-lifetime": {value: "24h", help: "`DURATION` after which a browser must sign in again, even if it was in use", parse: parseLifetime},
	"setup-token":      {value: "", help: "`TOKEN` needed to create the first account; if not set, it is random and printed in the log", parse: parseSetupToken},
}

// fileOnly reports whether the command works on the database only, unlike its neighbors, which also ask a server by
// ROLECALL_URL.
func (c *command) fileOnly() bool {
	return c.name != "serve" && slices.Contains(c.settings, "db") && !slices.Contains(c.settings, "url")
}

// config returns the command's settings from parsed flags, variables and defaults, in this order.
func (c *command) config(fs *flag.FlagSet, env map[string]string) (*config, error) {
	given := map[string]string{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = f.Value.String() })
	cfg := &config{}
	for _, name := range c.settings {
		value, from := settings[name].value, "--"+name
		if v, ok := given[name]; ok {
			value = v
		} else if v := env[variable(name)]; v != "" {
			value, from = v, variable(name)
		}
		if err := settings[name].parse(cfg, value); err != nil {
			return nil, usageError(fmt.Sprintf("%s: %v", from, err))
		}
	}
	if c.name == "serve" {
		cfg.supervisor = env["NOTIFY_SOCKET"]
		if err := checkVariables(env); err != nil {
			return nil, err
		}
	}
	_, cfg.named = given["db"]
	if v, set := env["ROLECALL_DB"]; set && v == "" && !cfg.named && slices.Contains(c.settings, "db") {
		return nil, usageError("ROLECALL_DB is set to nothing: name the database, or unset it")
	}
	if elsewhere := env["ROLECALL_URL"] != "" && !cfg.named; elsewhere && c.fileOnly() {
		return nil, usageError(c.name + " works on the database file; unset ROLECALL_URL or name --db")
	}
	cfg.named = cfg.named || env["ROLECALL_DB"] != ""
	return cfg, cfg.chooseSource(given, env)
}

func parseAddress(c *config, v string) error {
	if _, err := net.ResolveTCPAddr("tcp", v); err != nil {
		return fmt.Errorf("%q is not an address like %s", v, defaultAddress)
	}
	c.address = v
	return nil
}

func parseDB(c *config, v string) error {
	switch {
	case v == "":
		return errors.New("the name of a file or the URL of a PostgreSQL server is needed")
	case db.IsServer(v):
		if err := db.CheckURL(v); err != nil {
			return err
		}
		c.db = v
		return nil
	}
	if strings.HasPrefix(v, ":memory:") || strings.HasPrefix(v, "file:") {
		return fmt.Errorf("%q is no file: a database in memory would be lost with the process (for that, use rolecall demo)", v)
	}
	var err error
	c.db, err = db.Resolve(v)
	return err
}

func parseWire(c *config, v string) error {
	switch v {
	case "documented":
		c.wire = web.Documented
	case "sdk":
		c.wire = web.SDK
	default:
		return fmt.Errorf("%q is neither documented nor sdk", v)
	}
	return nil
}

func parseAccessURL(c *config, v string) error {
	if v == "" {
		return nil
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		if err == nil && strings.Trim(u.Path, "/") != "" && u.Host != "" {
			return fmt.Errorf("%q has a path: base paths are not supported, the server needs a name of its own", v)
		}
		return fmt.Errorf("%q is not a URL like https://roles.example.com", v)
	}
	c.accessURL = &url.URL{Scheme: u.Scheme, Host: u.Host}
	return nil
}

func parseProxies(c *config, v string) error {
	for s := range strings.SplitSeq(v, ",") {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		p, err := netip.ParsePrefix(s)
		if addr, addrErr := netip.ParseAddr(s); addrErr == nil {
			p, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return fmt.Errorf("%q is neither an address nor a range like 10.0.0.0/8", s)
		}
		c.trustedProxies = append(c.trustedProxies, p)
	}
	return nil
}

func parseMetricsAddress(c *config, v string) error {
	if _, err := net.ResolveTCPAddr("tcp", v); v != "" && err != nil {
		return fmt.Errorf("%q is not an address like 127.0.0.1:9090", v)
	}
	c.metricsAddress = v
	return nil
}

func parseRate(v string) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > 0 && n < 10 {
		return 0, fmt.Errorf("%q is neither 0 nor a number of 10 or more", v)
	}
	return n, nil
}

// parseSetupToken refuses a token that can be guessed, because the token makes its holder the owner of the site.
func parseSetupToken(c *config, v string) error {
	if v != "" && len(v) < 16 {
		return errors.New("16 characters or more are needed")
	}
	c.setupToken = v
	return nil
}

func parseLogFormat(c *config, v string) error {
	if v != "text" && v != "json" {
		return fmt.Errorf("%q is neither text nor json", v)
	}
	c.json = v == "json"
	return nil
}

func parseLifetime(c *config, v string) error {
	d, err := time.ParseDuration(v)
	if err != nil || d < time.Minute {
		return fmt.Errorf("%q is not a duration of a minute or more, like 24h", v)
	}
	c.sessionLifetime = d
	return nil
}

// check refuses combinations of settings that contradict each other, and loads the certificate.
func (c *config) check() error {
	if (c.certFile == "") != (c.keyFile == "") {
		return usageError("--tls-cert-file and --tls-key-file need each other")
	}
	if c.certFile != "" {
		var err error
		if c.certificate, err = loadCertificate(c.certFile, c.keyFile); err != nil {
			return usageError("--tls-cert-file: " + err.Error())
		}
	}
	if c.certificate == nil && c.accessURL == nil && !loopback(c.address) {
		return usageError(c.address + " is reachable from other machines, where passwords and tokens would travel in clear text: " +
			"set --tls-cert-file and --tls-key-file; or --access-url https://… behind a proxy that has TLS; or --access-url http://… if that is intended")
	}
	return nil
}

// secure reports whether clients reach the server over TLS, directly or through a proxy.
func (c *config) secure() bool {
	return c.certificate != nil || c.accessURL != nil && c.accessURL.Scheme == "https"
}

// loopback reports whether an address can be reached from this machine only.
func loopback(address string) bool {
	addr, err := net.ResolveTCPAddr("tcp", address)
	return err == nil && addr.IP != nil && addr.IP.IsLoopback()
}
