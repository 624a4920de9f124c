package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"rolecall.example/db"
	"rolecall.example/org/catalogfile"
	"rolecall.example/rbac"
)

// demo holds the flags of `demo`.
type demo struct {
	members int
	verbose bool
	catalog string
}

// demoCommand runs the same server as serve, so that people try what they will use.
func demoCommand() *command {
	var in demo
	return &command{
		name:    "demo",
		summary: "Try it: a server with invented companies that leaves nothing behind",
		about: "Fills a database in a temporary directory, prints where to sign in and a token, and serves until Ctrl-C.\n" +
			"If the default port is taken, it uses another one.",
		examples: []string{"rolecall demo", "rolecall demo --members 100000", "rolecall demo --catalog expenses.yaml"},
		settings: []string{"http-address", "wire", "rate-limit", "check-rate-limit", "service-check-rate-limit", "feed-clients"},
		flags: func(fs *pflag.FlagSet) {
			fs.IntVar(&in.members, "members", 1284, "`NUMBER` of members of the largest organization")
			fs.StringVar(&in.catalog, "catalog", "", "`FILE` with a catalog of your own to try; the companies get its roles")
			fs.BoolVar(&in.verbose, "verbose", false, "log every request, as serve does")
		},
		run: in.run,
	}
}

// fill makes the data, and shows progress.
func (in *demo) fill(ctx context.Context, d *db.DB, catalog *rbac.Catalog, t *terminal) (key, error) {
	b := &bar{out: t.err, last: -1}
	defer b.end()
	show := b.show
	if in.members < 10_000 { // too quick for a progress bar
		show = func(int64, int64) {}
	}
	return sow(ctx, d, catalog, in.members, show)
}

func (in *demo) run(ctx context.Context, t *terminal, c *config) (err error) {
	// Fewer would not include the people whom the documentation names.
	if in.members < 50 || in.members > 1_000_000 {
		return usageError("--members: 50 to 1000000")
	}
	catalog, err := in.ownCatalog()
	if err != nil {
		return err
	}
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, syscall.SIGHUP) // when its terminal closes, the demo must remove its files
		defer stop()
	}
	// A setting that the command does not read would be 0.
	c.sessionLifetime = 24 * time.Hour
	if err := c.check(); err != nil {
		return err
	}
	// Before the data is made: a port in use should be reported at once.
	l, moved, err := listenNear(c.address)
	if err != nil {
		return err
	}
	// Its own directory, with mode 0700, as it has the password hashes of the demo.
	dir, err := os.MkdirTemp("", "rolecall-demo-")
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "rolecall.db")
	// Closed before the directory is removed, since deferred calls run in reverse order.
	d, err := db.Open(ctx, path)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	key, err := in.fill(ctx, d, catalog, t)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	key.URL, key.Database, c.db = c.url(l), path, path
	// Without this output no one could sign in, so a demo that cannot print it ends.
	if err := cmp.Or(in.announce(t, key, moved), t.out.err); err != nil {
		return errors.Join(err, l.Close())
	}
	// Quiet by default: log lines of requests would push the password off the screen.
	log := slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if in.verbose {
		var flush func()
		log, flush = c.log(t)
		defer flush()
	}
	// No notice: there is no load balancer that has to see the demo go.
	return c.answer(ctx, d, l, log, 0)
}

// ownCatalog returns the catalog of --catalog, nil without it. It becomes the first version, so the checks against an
// earlier version do not apply.
func (in *demo) ownCatalog() (*rbac.Catalog, error) {
	if in.catalog == "" {
		return nil, nil
	}
	data, err := os.ReadFile(in.catalog)
	if err != nil {
		return nil, err
	}
	document, problems := catalogfile.Read(in.catalog, data)
	if err := catalogfile.Errors(in.catalog, problems); err != nil {
		return nil, usageError(err.Error())
	}
	// Pairs get their numbers here, as they would when a server applied the file.
	document, _, problems = rbac.Succeed(nil, document)
	if err := catalogfile.Errors(in.catalog, problems); err != nil {
		return nil, usageError(err.Error())
	}
	return rbac.New(document)
}

// listenNear listens on address, or on another free port if the default one is in use. An address that was given
// explicitly is never replaced: someone relies on it.
func listenNear(address string) (l net.Listener, moved bool, err error) {
	l, err = net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) && address == defaultAddress {
		host, _, _ := strings.Cut(address, ":")
		l, err = net.Listen("tcp", host+":0")
		return l, true, err
	}
	return l, false, err
}

// key holds the addresses and credentials of the demo.
type key struct {
	URL      string `json:"url"`
	Email    string `json:"email"`
	Password string `json:"password"`
	Token    string `json:"token"`
	Database string `json:"database"`
}

// announce prints them in every format, since tools that start a demo read them as JSON.
func (in *demo) announce(t *terminal, k key, moved bool) error {
	return t.print(report{
		value: k, head: []string{"URL", "EMAIL", "PASSWORD", "TOKEN", "DATABASE"}, rows: [][]string{{k.URL, k.Email, k.Password, k.Token, k.Database}},
		text: func(w io.Writer) { in.welcome(w, k, moved) },
	})
}

// welcome says where the demo is, and how to look around.
func (in *demo) welcome(w io.Writer, k key, moved bool) {
	fmt.Fprintf(w, "rolecall demo: sample companies, the largest with %d members. Everything is deleted when you stop it (Ctrl-C).\n\n", in.members)
	if moved {
		fmt.Fprintf(w, "%s is taken, so this is another port.\n\n", defaultAddress)
	}
	table(w, []string{"  Open", k.URL}, []string{"  E-mail", k.Email}, []string{"  Password", k.Password}, []string{"  API token", k.Token})
	fmt.Fprintf(w, "\nAda owns the site. Everyone else has the same password: any address on the Members page shows the console as they see it.\n")
	fmt.Fprintf(w, "\nOr ask the API:\n\n  curl -H 'Coder-Session-Token: %s' '%s/api/v2/organizations/default/paginated-members?limit=2'\n\n", k.Token, k.URL)
}
