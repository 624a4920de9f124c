package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"rolecall.example/org/account"
	"rolecall.example/org/feed"
	"rolecall.example/org/services"
	"rolecall.example/org/signing"

	"rolecall.example/db"
	"rolecall.example/web"
	"rolecall.example/web/oidc"
)

func serveCommand() *command {
	return &command{
		name:    "serve",
		raw:     true,
		summary: "Run the server; `rolecall` alone does the same",
		about: "The first start creates the file and prints where to create the first account. On SIGTERM or Ctrl-C the server\n" +
			"finishes running requests and stops. Other commands work beside it; a second server on the same file does not.\n" +
			"On PostgreSQL any number of servers share the data: set the URL in ROLECALL_DB, where other users cannot see it, and\n" +
			"the password there or in ~/.pgpass. The standard OTEL_* variables send traces to an OpenTelemetry collector.",
		examples: []string{
			"rolecall",
			"rolecall --db /var/lib/rolecall/rolecall.db --access-url https://roles.example.com --trusted-proxies 127.0.0.1",
			"ROLECALL_DB='postgres://rolecall@db1,db2/rolecall?sslmode=verify-full' rolecall --access-url https://roles.example.com",
			"rolecall --http-address :8443 --tls-cert-file cert.pem --tls-key-file key.pem",
		},
		settings: []string{
			"http-address", "db", "read-db", "must-exist", "access-url", "tls-cert-file", "tls-key-file", "hsts-host-only", "trusted-proxies",
			"h2c", "cors-origins", "wire", "session-lifetime", "max-token-lifetime", "setup-token", "catalog", "rate-limit", "check-rate-limit",
			"service-check-rate-limit", "feed-clients", "role-versions", "invitations", "signing-key-file", "secret-key-file", "require-mfa", "forget-passkeys", "snapshot-cache", "metrics-address", "metrics-pprof", "backup-folder", "log-format", "log-level", "log-slow",
			"oidc-config", "oidc-issuer-url", "oidc-client-id", "oidc-client-secret-file", "oidc-name", "password-login",
			"smtp-address", "smtp-from", "smtp-username", "smtp-password-file", "smtp-tls",
		},
		run: serve,
	}
}

// serve checks first what depends only on the settings, then takes the lock, and only then touches the database.
// Deferred calls run in reverse order, so the database is closed before the lock is released.
func serve(ctx context.Context, t *terminal, c *config) (err error) {
	hup := hangups()
	defer close(hup)
	defer signal.Stop(hup)
	if err := c.check(); err != nil {
		return err
	}
	// Before the folder is created: a wrong name would leave one behind.
	if c.existing {
		if err := c.mustExist(ctx); err != nil {
			return err
		}
	}
	if !db.IsServer(c.db) {
		if err := os.MkdirAll(filepath.Dir(c.db), 0o700); err != nil {
			return err
		}
		if err := db.Create(ctx, c.db); err != nil { // locking needs a file
			return err
		}
		// Before the file is opened: a second server must not even migrate it.
		unlock, err := lock(c.db)
		if err != nil {
			return err
		}
		defer unlock()
		if err := lookOver(ctx, c.db); err != nil {
			return err
		}
	}
	log, flush := c.log(t)
	defer flush()
	log = c.traces.logged(log)
	defer c.traces.close()
	d, err := db.Open(ctx, c.db, c.databaseOptions(log)...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	// After the database, since a port that accepts connections looks like a server that is ready.
	l, err := net.Listen("tcp", c.address)
	if err != nil {
		return err
	}
	if c.certificate != nil {
		c.certificate.warn(log, time.Now())
	}
	// It ends when the channel is closed above; a signal that came since the start takes effect now.
	go c.reload(hup, log)
	log.Info("listening", "address", l.Addr().String(), "db", db.Describe(c.db), "version", version())
	return c.answer(ctx, d, l, log, notice)
}

// errRunning is followed by the path of a database that another server uses.
var errRunning = errors.New("another server is running on")

// lookOver refuses a damaged file before anything is written to it. It checks only a part of a large file, so that
// starting does not take longer.
func lookOver(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return db.QuickCheck(ctx, path)
}

const (
	// How long /readyz fails before new connections are refused, so that load balancers notice in time.
	notice = time.Second
	// How long running requests may take after that. Supervisors kill after 10 seconds.
	grace = 8 * time.Second
)

// answer serves requests on l until ctx ends, then lets running requests finish. demo and serve share it, so a demo
// stops like a server.
func (c *config) answer(ctx context.Context, d *db.DB, l net.Listener, log *slog.Logger, notice time.Duration) error {
	service := c.useCases(d, log)
	defer finish(ctx, service, log)
	// Before the first request: it must not see a database without its catalog.
	switch err := c.prepare(ctx, service, l, log); {
	case ctx.Err() != nil: // stopped before it began
		return l.Close()
	case err != nil:
		return errors.Join(err, l.Close())
	}
	m := newMetrics(d, service, c)
	providers, err := c.openProviders(ctx, service, log)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	handler, err := c.site(ctx, d, service, m, log, providers)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	stopMetrics, err := m.serve(c.metricsAddress, c.profiles, log)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer stopMetrics()
	background, endBackground := context.WithCancel(ctx)
	mailed := make(chan struct{})
	defer func() {
		endBackground()
		<-mailed // a mail in progress is recorded in the database, which is closed next
	}()
	startBeside(background, d, service, providers, c.roleVersions, log)
	go func() {
		defer close(mailed)
		sendMails(background, service, log)
	}()
	server := newServer(handler, log)
	if c.h2c {
		// Each is named: a protocol that is not set is off.
		server.Protocols = &http.Protocols{}
		server.Protocols.SetHTTP1(true)
		server.Protocols.SetUnencryptedHTTP2(true)
	}
	// It has room for one, so that the goroutine also ends if no one reads it any more.
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(c.wrap(l)) }()
	// What the supervisor starts next may connect at once: the listener already accepts.
	if err := notify(c.supervisor, "READY=1"); err != nil {
		log.Warn("could not notify the supervisor that the server is ready", "err", err)
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping")
	_ = notify(c.supervisor, "STOPPING=1") // a failure changes nothing now
	// At first only /readyz fails, and everything else is still answered: a load balancer needs a moment to notice.
	handler.Drain()
	time.Sleep(notice)
	return stop(ctx, server, log)
}

// useCases returns those of a server with these settings.
func (c *config) useCases(d *db.DB, log *slog.Logger) *services.Service {
	service := services.New(d, services.Options{
		SessionLifetime: c.sessionLifetime, MaxTokenLifetime: c.maxTokenLifetime, Log: log, Providers: c.providerIDs(), Passwords: c.passwords,
		Vault: c.vault(), Passkeys: c.passkeys(), Begin: c.traces.ofUnits(),
	})
	service.Snapshots.Keep(c.snapshotCache)
	service.Invite.SetPolicy(c.invitations)
	if c.mailer != nil {
		service.Invite.SendWith(c.mailer, c.accessURL.String())
	}
	service.Feed.Tune(feed.Options{Clients: c.feedClients, Beat: feed.Defaults.Beat})
	return service
}

// startBeside starts the background work of the server until ctx ends. It uses the database, so ctx must end before
// that is closed.
func startBeside(ctx context.Context, d *db.DB, service *services.Service, providers *oidc.Providers, roleVersions int, log *slog.Logger) {
	go keepTrail(ctx, service, log)
	go sweepEnded(ctx, service, d, log)
	go keepSmall(ctx, service, roleVersions, log)
	go keepInvitations(ctx, service, log)
	providers.Start(ctx)
}

// stop accepts nothing new and lets running requests finish. A request that takes longer than grace is cut off, since
// the supervisor would kill the process with all of them.
func stop(ctx context.Context, server *http.Server, log *slog.Logger) error {
	// Without ctx's cancellation, which has already happened.
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(late); err != nil {
		log.Warn("running requests were cut off", "err", err)
		return server.Close()
	}
	return nil
}

// site makes the handler of all requests, which m counts.
func (c *config) site(ctx context.Context, d *db.DB, service *services.Service, m *metrics, log *slog.Logger, providers *oidc.Providers) (*web.Server, error) {
	// All replicas make the same tags with it, so a client may ask any of them.
	tagKey, err := service.TagKey(ctx)
	if err != nil { // a full disk: lists can be read all the same
		log.Warn("clients of several servers will read lists more often than needed", "error", err.Error())
	}
	return web.New(web.Options{
		Service: service, Sessions: account.NewSessionStore(d, time.Now), Wire: c.wire, AccessURL: c.accessURL,
		OwnName: c.ownName, Secure: c.secure(), HSTSHostOnly: c.hstsHostOnly, TrustedProxies: c.trustedProxies, CORSOrigins: c.corsOrigins,
		SessionLifetime: c.sessionLifetime, Factors: c.factors,
		RateLimit: c.rateLimit, CheckRateLimit: c.checkRateLimit, ServiceLimit: c.serviceLimit, Version: version(), Replicas: db.IsServer(c.db), TagKey: tagKey, Log: log, OnResponse: m.observe, OnDecisions: m.decide,
		Begin:     c.traces.ofRequests(),
		Providers: providers,
	})
}

// wrap adds TLS if a certificate is configured.
func (c *config) wrap(l net.Listener) net.Listener {
	if c.certificate == nil {
		return l
	}
	return tls.NewListener(l, &tls.Config{
		GetCertificate: c.certificate.get,
		MinVersion:     tls.VersionTLS12,
		CipherSuites:   ciphers,
		NextProtos:     []string{"h2", "http/1.1"},
	})
}

// ciphers are the authenticated ones of TLS 1.2. Go has the others for browsers from before 2013. TLS 1.3 has only
// authenticated ciphers.
var ciphers = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// signWith makes the service sign with the keys of a file, if one is set.
func (c *config) signWith(service *services.Service) error {
	if c.signingKeyFile == "" {
		return nil
	}
	keys, err := signing.ReadFile(c.signingKeyFile)
	if err != nil {
		return usageError("--signing-key-file: " + err.Error())
	}
	service.Signing.UseFile(keys)
	return nil
}

// prepare readies a new database: its catalog, the signing key, and the token for the first account. The catalog comes
// first: it may only be set while there is no account.
func (c *config) prepare(ctx context.Context, service *services.Service, l net.Listener, log *slog.Logger) error {
	if err := c.signWith(service); err != nil {
		return err
	}
	if err := c.bringCatalog(ctx, service, log); err != nil {
		return err
	}
	if err := c.keepPasskeys(ctx, service, log); err != nil {
		return err
	}
	// Otherwise the first request for something signed would make the key: a read that writes.
	if _, _, err := service.Signing.Current(ctx); err != nil {
		return err
	}
	return c.offerSetup(ctx, service, l, log)
}

// offerSetup creates the setup token and prints it while there is no account: the operator reads the log.
func (c *config) offerSetup(ctx context.Context, service *services.Service, l net.Listener, log *slog.Logger) error {
	if exists, err := service.HasUsers(ctx); err != nil || exists {
		return err
	}
	// Without a token, the first person who finds the port would own the site.
	token := c.setupToken
	if token == "" {
		token = rand.Text()
	}
	if err := service.StoreSetupToken(ctx, token); err != nil {
		return err
	}
	log.Info("there is no account yet: make the first one at this address", "url", c.url(l)+"/setup?setup_token="+url.QueryEscape(token))
	return nil
}

// url returns the address at which clients reach the server.
func (c *config) url(l net.Listener) string {
	if c.accessURL != nil {
		// The listener's address behind a proxy is of no use to people.
		return c.accessURL.String()
	}
	scheme := "http"
	if c.certificate != nil {
		scheme = "https"
	}
	return fmt.Sprintf("%s://%s", scheme, l.Addr())
}

// ownName reports whether the certificate covers a host.
func (c *config) ownName(host string) bool {
	return c.certificate != nil && c.certificate.leaf().VerifyHostname(host) == nil
}

// newServer limits everything that a slow or hostile client could prolong.
func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      2 * time.Minute, // for a long list of members and a slow client
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    12 << 10, // net/http reads 4 KiB more before it refuses
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
