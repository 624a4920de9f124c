package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/web"
)

// setting is a value from a flag, otherwise a variable, otherwise the default.
type setting struct {
	value string
	help  string                    // the word in backquotes names the value in help
	truth bool                      // the flag needs no value
	names []string                  // the possible values; nil: any
	shown func(value string) string // returns what may be shown of a value; nil: all of it
	parse func(c *config, value string) error
}

// variable returns the environment variable of a setting.
func variable(name string) string {
	return "ROLECALL_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

const defaultAddress = "127.0.0.1:8080"

// settings is the one table for flags, variables, defaults, help and completion, so they cannot differ.
var settings = map[string]setting{
	"http-address": {value: defaultAddress, help: "`HOST:PORT` to listen on; anything but loopback needs TLS or --access-url", parse: parseAddress},
	"db":           {value: "rolecall.db", help: "`FILE` with the data; or the postgres:// URL of a database shared by several servers", shown: db.Describe, parse: parseDB},
	"read-db":      {value: "", help: "`URL` (postgres://) of a hot standby of --db that answers lists once it has caught up with --db", shown: db.Describe, parse: parseReadDB},
	"wire":         {value: "documented", help: "`STYLE` of the answers about which the API's documents and its clients disagree: documented or sdk", names: []string{"documented", "sdk"}, parse: parseWire},
	"access-url":   {value: "", help: "`URL` at which people reach this server, like https://roles.example.com", parse: parseAccessURL},
	"must-exist":   {value: "", help: "if the database does not exist, do not start, instead of creating it", truth: true, parse: parseMustExist},
	"tls-cert-file": {value: "", help: "`FILE` with the certificate chain (PEM), to serve https; SIGHUP reloads it", parse: func(c *config, v string) error {
		c.certFile = v
		return nil
	}},
	"tls-key-file": {value: "", help: "`FILE` with the certificate's key (PEM)", parse: func(c *config, v string) error {
		c.keyFile = v
		return nil
	}},
	"hsts-host-only": {value: "", help: "with TLS, make browsers require it for this host only, not for its subdomains", truth: true, parse: parseHSTSHostOnly},
	"url":            {value: "", help: "`URL` of a server to use instead of the file, with the token in ROLECALL_TOKEN", parse: parseServer},
	"context": {value: "", help: "`CONTEXT` to use, one that rolecall login stored", parse: func(c *config, v string) error {
		c.context = v
		return nil
	}},
	"ca-file":         {value: "", help: "`FILE` with certificates (PEM) to trust for that server, in addition to the system's", parse: parseAuthorities},
	"trusted-proxies": {value: "", help: "`CIDR,...` of the proxies whose X-Forwarded-For, X-Request-Id and traceparent are trusted", parse: parseProxies},
	"cors-origins":    {value: "", help: "`ORIGIN,...` such as https://app.example.com whose pages may call the API, with a token but never with a cookie", parse: parseOrigins},
	"h2c":             {value: "", help: "speak HTTP/2 without TLS too, for a proxy in front", truth: true, parse: parseH2C},
	"log-format":      {value: "text", help: "`FORMAT` of the log on standard error: text or json", names: []string{"text", "json"}, parse: parseLogFormat},
	"metrics-address": {value: "", help: "`HOST:PORT` to serve Prometheus metrics on, without authentication; off if not set", parse: parseMetricsAddress},
	"metrics-pprof":   {value: "", help: "serve profiles of the process there too; turn it off again, since they may contain secrets", truth: true, parse: parseProfiles},
	"backup-folder":   {value: "", help: "`FOLDER` that backups are written to; the metrics include the age of the newest one", parse: parseBackupFolder},
	"log-level":       {value: "info", help: "lowest `LEVEL` to log: debug, info, warn or error; requests are info", names: []string{"debug", "info", "warn", "error"}, parse: parseLogLevel},
	"log-slow":        {value: "1s", help: "`DURATION` after which a database statement is logged as slow, by name; 0 for never", parse: parseLogSlow},
	"rate-limit": {value: "600", help: "`NUMBER` of requests a minute for each caller, and a tenth as many sign-ins; 0 for no limit", parse: func(c *config, v string) (err error) {
		c.rateLimit, err = parseRate(v)
		return err
	}},
	"check-rate-limit": {value: "60000", help: "`NUMBER` of decisions a minute for each person, in addition to requests; an explained one counts 20; 0 for no limit", parse: func(c *config, v string) (err error) {
		c.checkRateLimit, err = parseRate(v)
		return err
	}},
	"service-check-rate-limit": {value: "600000", help: "`NUMBER` of decisions a minute for each service account, and for tokens that may only ask; 0 for no limit", parse: func(c *config, v string) (err error) {
		c.serviceLimit, err = parseRate(v)
		return err
	}},
	"snapshot-cache": {value: "256MiB", help: "`SIZE` of the cache of documents for applications, in the folder for temporary files; the oldest are removed first", parse: func(c *config, v string) (err error) {
		c.snapshotCache, err = parseSize(v)
		return err
	}},
	"invitations": {value: org.InvitationPolicies[0], help: "`WHO` may invite: organization-admins (people who may add members and give the roles), site (only those who may also create accounts) or off", names: org.InvitationPolicies, parse: parseInvitations},
	"feed-clients": {value: "10000", help: "`NUMBER` of programs that may follow the feed of changes at once", parse: func(c *config, v string) (err error) {
		if c.feedClients, err = strconv.Atoi(v); err != nil || c.feedClients < 0 {
			return errors.New("must be a number, 0 for none")
		}
		return nil
	}},
	"role-versions": {value: "0", help: "`NUMBER` of versions to keep of each role, including the current one; 0 for all", parse: parseRoleVersions},
	"signing-key-file": {value: "", help: "`FILE` with the keys (PEM, Ed25519) that sign snapshots and rights, instead of those in the database", parse: func(c *config, v string) error {
		c.signingKeyFile = v
		return nil
	}},
	"secret-key-file": {value: "", help: "`FILE` with the keys (32 bytes in Base64, one a line) that encrypt the seeds of authenticator apps; for a SQLite file, one is made beside it when needed", parse: func(c *config, v string) error {
		c.secretKeyFile = v
		return nil
	}},
	"forget-passkeys": {value: "", help: "remove passkeys that belong to a host other than that of --access-url", truth: true, parse: func(c *config, v string) (err error) {
		c.forgetPasskeys, err = parseTruth(v)
		return err
	}},
	"require-mfa": {value: string(org.FactorsForNone), help: "`WHOSE` sessions need a second factor: off, owners (everyone with a site role) or all", names: []string{"off", "owners", "all"}, parse: func(c *config, v string) (err error) {
		c.factors, err = org.ParseFactorPolicy(v)
		return err
	}},
	"max-token-lifetime": {value: "8760h", help: "longest `DURATION` for which an API token may be valid", parse: parseTokenLifetime},
	"session-lifetime":   {value: "24h", help: "`DURATION` after which a browser must sign in again, even if it was in use", parse: parseLifetime},
	"catalog": {value: "", help: "`FILE` with the catalog for a new database; a database that has an account keeps its own", parse: func(c *config, v string) error {
		c.catalogFile = v
		return nil
	}},
	"oidc-config": {value: "", help: "`FILE` with the sign-in providers (JSON), if there are several or one needs more than the flags offer", parse: func(c *config, v string) error {
		c.oidc.file = v
		return nil
	}},
	"oidc-issuer-url": {value: "", help: "`URL` of the sign-in provider (OpenID Connect)", parse: func(c *config, v string) error {
		c.oidc.issuer = v
		return nil
	}},
	"oidc-client-id": {value: "", help: "`ID` by which the provider knows this server", parse: func(c *config, v string) error {
		c.oidc.clientID = v
		return nil
	}},
	"oidc-client-secret-file": {value: "", help: "`FILE` with the client secret; or set " + clientSecretVariable, parse: func(c *config, v string) error {
		c.oidc.secretFile = v
		return nil
	}},
	"oidc-name": {value: "", help: "`NAME` of the provider on the sign-in page", parse: func(c *config, v string) error {
		c.oidc.name = v
		return nil
	}},
	"password-login": {value: "all", help: "`WHO` may sign in with a password: all, owners or off", names: []string{"all", "owners", "off"}, parse: parsePasswordLogin},
	"smtp-address": {value: "", help: "`HOST:PORT` of the mail server, for invitations and notices about accounts; without it no mail is sent", parse: func(c *config, v string) error {
		c.smtp.Address = v
		return nil
	}},
	"smtp-from": {value: "", help: "sender `ADDRESS`, alone or as Name <address>", parse: func(c *config, v string) error {
		c.smtp.From = v
		return nil
	}},
	"smtp-username": {value: "", help: "`NAME` to sign in to the mail server with", parse: func(c *config, v string) error {
		c.smtp.Username = v
		return nil
	}},
	"smtp-password-file": {value: "", help: "`FILE` with the password for the mail server", parse: func(c *config, v string) error {
		c.smtpPasswordFile = v
		return nil
	}},
	"smtp-tls": {value: org.MailModes[0], help: "`MODE` of TLS to the mail server: starttls, tls (from the first byte) or off (only on this machine)", names: org.MailModes, parse: func(c *config, v string) error {
		if c.smtp.Mode = v; !slices.Contains(org.MailModes, v) {
			return fmt.Errorf("%q is none of %s", v, strings.Join(org.MailModes, ", "))
		}
		return nil
	}},
	"setup-token": {value: "", help: "`TOKEN` needed to create the first account; if not set, it is random and printed in the log", shown: cut, parse: parseSetupToken},
}

// register adds the flag of a setting.
func (s setting) register(fs *pflag.FlagSet, name string) {
	help := s.help
	if s.value != "" {
		help += " (default " + s.value + ")"
	}
	help += " [" + variable(name) + "]"
	// The flag's own default is empty, and the real one is only in its help, since a variable takes precedence over it.
	if s.truth {
		fs.Bool(name, false, help)
	} else {
		fs.String(name, "", help)
	}
}

// parseAddress does not listen yet: config only looks, and must not occupy the port.
func parseAddress(c *config, v string) error {
	if _, err := net.ResolveTCPAddr("tcp", v); err != nil {
		return fmt.Errorf("%q is not an address like %s", v, defaultAddress)
	}
	c.address = v
	return nil
}

// parseDB refuses a database in memory explicitly, because people who know SQLite ask for one.
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
	// So that lock and log are beside the file itself, whatever link was used.
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

// parseAccessURL makes no guesses, since links, cookies and checks of origins depend on it: scheme and host, and
// nothing else.
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

// parseProxies treats a single address as a range of one.
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

// parseOrigins takes origins only as browsers spell them, since they are compared letter by letter.
func parseOrigins(c *config, v string) error {
	for s := range strings.SplitSeq(v, ",") {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || s != u.Scheme+"://"+strings.ToLower(u.Host) || strings.Contains(s, "*") {
			return fmt.Errorf("%q is not an origin like https://app.example.com", s)
		}
		if u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
			return fmt.Errorf("%q: browsers leave out the usual port", s)
		}
		c.corsOrigins = append(c.corsOrigins, s)
	}
	return nil
}

// parseInvitations only accepts the names of policies: a misspelled one must not let anyone in.
func parseInvitations(c *config, v string) error {
	if !slices.Contains(org.InvitationPolicies, v) {
		return fmt.Errorf("%q is none of %s", v, strings.Join(org.InvitationPolicies, ", "))
	}
	c.invitations = v
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
	// A tenth of them is for signing in, so with fewer than 10 no one could.
	if err != nil || n < 0 || n > 0 && n < 10 {
		return 0, fmt.Errorf("%q is neither 0 nor a number of 10 or more", v)
	}
	return n, nil
}

// parseSetupToken refuses a guessable token, because it makes its holder the owner of the site.
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

func parseLifetime(c *config, v string) (err error) {
	c.sessionLifetime, err = parseMinutes(v)
	return err
}

func parseTokenLifetime(c *config, v string) (err error) {
	c.maxTokenLifetime, err = parseMinutes(v)
	return err
}

// parseMinutes reads a duration of a minute or more.
func parseMinutes(v string) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	if err != nil || d < time.Minute {
		return 0, fmt.Errorf("%q is not a duration of a minute or more, like 24h", v)
	}
	return d, nil
}

// parseSize reads a number of bytes such as 256MiB; a plain number means bytes.
func parseSize(v string) (int64, error) {
	digits, factor := v, int64(1)
	for unit, bytes := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if before, ok := strings.CutSuffix(v, unit); ok {
			digits, factor = before, bytes
		}
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is no size like 256MiB", v)
	}
	return n * factor, nil
}
