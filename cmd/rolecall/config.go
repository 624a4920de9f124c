package main

import (
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/pflag"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/factor"
	"rolecall.example/org/mailer"
	"rolecall.example/web"
	"rolecall.example/web/oidc"
)

// config holds the settings of a command. Settings that a command does not read stay empty. All commands share this
// type, since each setting means the same everywhere; which settings a command reads is only written in its settings
// field.
type config struct {
	address          string // host:port
	db               string // path of the SQLite file, or URL of a PostgreSQL server
	readDB           string // URL of a hot standby that reads may go to; "" for none
	named            bool   // a flag or a variable names the database
	makes            bool   // the command creates a missing database
	tampered         bool   // the command opens a database even if its schema was changed
	elsewhere        string // the alternative to --db, for the message about a missing database
	wire             web.Wire
	accessURL        *url.URL
	certFile         string
	keyFile          string
	certificate      *keyPair
	existing         bool   // the server must not create a database
	supervisor       string // the socket for notifications to the supervisor; "" for none
	trustedProxies   []netip.Prefix
	corsOrigins      []string // whose pages may call the API with a token
	h2c              bool     // HTTP/2 is spoken without TLS too
	hstsHostOnly     bool     // of the header Strict-Transport-Security
	json             bool     // the log is in JSON
	sessionLifetime  time.Duration
	maxTokenLifetime time.Duration
	setupToken       string
	catalogFile      string
	metricsAddress   string // "" for none
	profiles         bool   // are served there as well
	backupFolder     string // whose newest file the metrics tell; "" for none
	logLevel         slog.Level
	logSlow          time.Duration // 0: statements are not watched
	slowStatements   prometheus.Counter
	traces           *traces // nil: there are none
	rateLimit        int     // requests a minute; 0 for no limit
	invitations      string  // who may invite, one of org.InvitationPolicies
	roleVersions     int     // of each role that are kept; 0: all
	feedClients      int     // how many may listen to changes; 0: none
	checkRateLimit   int     // decisions a minute; 0 for no limit
	serviceLimit     int     // likewise, of services
	snapshotCache    int64   // in bytes
	signingKeyFile   string  // "" for the keys of the database
	oidc             oidcFlags
	providers        []oidc.Settings // that people may sign in with
	passwords        org.PasswordPolicy
	smtp             mailer.Settings
	smtpPasswordFile string
	mailer           *mailer.Mailer // nil: no mails go out
	secretKeyFile    string         // "" for a file beside that of SQLite
	factors          org.FactorPolicy
	forgetPasskeys   bool // those that work at another host
	inForce          map[string]valueFrom
	operands         []string       // the arguments besides flags
	operand          string         // the first operand
	server           *url.URL       // the server to ask; nil: the file answers
	context          string         // the stored login that is named
	token            string         // for that server
	authorities      *x509.CertPool // that vouch for it; nil: the system's
}

// valueFrom is the value of a setting, and the flag or variable that it comes from, or "default".
type valueFrom struct{ value, from string }

// fileOnly reports whether the command works on the database only, unlike its neighbors, which also ask a server by
// ROLECALL_URL. Who has set that variable works with a server, and a backup or a check of whatever file lies here would
// prove nothing.
func (c *command) fileOnly() bool {
	return c.name != "serve" && slices.Contains(c.settings, "db") && !slices.Contains(c.settings, "url")
}

// config returns the command's settings from parsed flags, variables and defaults, in this order. Every value goes
// through the same parser, also a default, so each is checked in one place.
func (c *command) config(fs *pflag.FlagSet, env map[string]string) (*config, error) {
	given := map[string]string{}
	fs.Visit(func(f *pflag.Flag) { given[f.Name] = f.Value.String() })
	cfg := &config{inForce: map[string]valueFrom{}}
	for _, name := range c.settings {
		value, from := settings[name].value, "--"+name
		if v, ok := given[name]; ok {
			value = v
		} else if v := env[variable(name)]; v != "" {
			// An empty variable is none: that is how the files of supervisors and of containers leave one out.
			value, from = v, variable(name)
		} else {
			from = "default"
		}
		cfg.inForce[name] = valueFrom{value, from}
		if err := settings[name].parse(cfg, value); err != nil {
			return nil, usageError(fmt.Sprintf("%s: %v%s", from, err, didYouMean(value, settings[name].names, "")))
		}
	}
	// Only these are run with the environment of a server. A command must work in a shell that has more variables.
	if c.name == "serve" || c.name == "config" {
		cfg.oidc.environment = env
		cfg.supervisor = env["NOTIFY_SOCKET"]
		if err := checkVariables(env); err != nil {
			return nil, err
		}
	}
	_, cfg.named = given["db"]
	// Not here: for an empty name, as of a secret that was not mounted, the default would make a new database.
	if v, set := env["ROLECALL_DB"]; set && v == "" && !cfg.named && slices.Contains(c.settings, "db") {
		return nil, usageError("ROLECALL_DB is set to nothing: name the database, or unset it")
	}
	if elsewhere := env["ROLECALL_URL"] != "" && !cfg.named; elsewhere && c.fileOnly() {
		return nil, usageError(c.name + " works on the database file; unset ROLECALL_URL or name --db")
	}
	cfg.named = cfg.named || env["ROLECALL_DB"] != ""
	if !slices.Contains(c.settings, "url") {
		return cfg, nil
	}
	return cfg, cfg.chooseSource(given, env)
}

// check refuses combinations of settings that contradict each other, and loads the certificate. It runs before the
// database is opened, so a server that cannot be reached as intended leaves nothing behind.
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
	if c.profiles && c.metricsAddress == "" {
		return usageError("--metrics-pprof needs --metrics-address: profiles are served there alone")
	}
	if c.readDB != "" && !db.IsServer(c.db) {
		return usageError("--read-db is for a --db that is a PostgreSQL server: a file has no standby")
	}
	if c.factors != org.FactorsForNone && c.secretKeyFile == "" && db.IsServer(c.db) {
		return usageError("--require-mfa needs --secret-key-file: without it no one can set up a second factor")
	}
	if err := c.vault().Check(); err != nil {
		return usageError("--secret-key-file: " + err.Error())
	}
	if c.h2c && c.certificate != nil {
		return usageError("--h2c is for a proxy that has TLS itself: with --tls-cert-file HTTP/2 is spoken anyway")
	}
	// Plain HTTP is for this machine, or for whoever says by --access-url that it is intended.
	if c.certificate == nil && c.accessURL == nil && !loopback(c.address) {
		return usageError(c.address + " is reachable from other machines, where passwords and tokens would travel in clear text: " +
			"set --tls-cert-file and --tls-key-file; or --access-url https://… behind a proxy that has TLS; or --access-url http://… if that is intended")
	}
	if err := c.checkMail(); err != nil {
		return err
	}
	var err error
	if c.traces, err = openTraces(c.oidc.environment, version(), db.IsServer(c.db)); err != nil {
		return usageError(err.Error())
	}
	return c.checkProviders()
}

// vault keeps the seeds of authenticator apps with the keys of a file. Servers that share a database share the file too, so
// that one is made only beside a file of SQLite, which one server has.
func (c *config) vault() *factor.Vault {
	if c.secretKeyFile == "" && !db.IsServer(c.db) {
		return factor.NewVault(c.db+".key", true)
	}
	return factor.NewVault(c.secretKeyFile, false)
}

// secure reports whether clients reach the server over TLS, directly or through a proxy. Cookies and the headers for
// browsers rest on it.
func (c *config) secure() bool {
	return c.certificate != nil || c.accessURL != nil && c.accessURL.Scheme == "https"
}

// loopback reports whether an address can be reached from this machine only. A name that cannot be resolved counts as
// reachable: it fails closed.
func loopback(address string) bool {
	addr, err := net.ResolveTCPAddr("tcp", address)
	return err == nil && addr.IP != nil && addr.IP.IsLoopback()
}
