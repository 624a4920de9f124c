package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/services"
)

// backupCommand copies a file. PostgreSQL has its own tools, which do more than this program could.
func backupCommand() *command {
	return &command{
		name:    "backup",
		operand: "FILE",
		summary: "Copy the database to a file, with or without a running server",
		about: "The copy is a consistent snapshot in a single file. It is checked before it replaces a file of that name. Only its\n" +
			"owner can read it, since it contains everything, including password hashes.",
		examples: []string{"rolecall backup /backup/rolecall-$(date +%F).db --db /var/lib/rolecall/rolecall.db"},
		settings: []string{"db"},
		run: func(ctx context.Context, t *terminal, c *config) error {
			if db.IsServer(c.db) {
				return usageError("backup copies a SQLite file; for a PostgreSQL database use pg_dump --format=custom, which works beside running servers")
			}
			// Otherwise SQLite would make an empty file, and a cron job would keep backups of it.
			if err := c.mustExist(ctx); err != nil {
				return err
			}
			if err := db.Backup(ctx, c.db, c.operand); err != nil {
				return err
			}
			// The copy is read, not the original: its numbers prove that what was written can be read.
			r, err := db.Inspect(ctx, c.operand, true)
			if err != nil {
				return err
			}
			return t.print(contents("backup", c.operand, r))
		},
	}
}

// contents summarizes a database, so that people notice a backup of the wrong file before they need it. done names the
// row with its place.
func contents(done, place string, r db.Report) report {
	rows := [][]string{{done, place}, {"schema", strconv.FormatInt(r.Schema, 10)}}
	for _, name := range []string{"organizations", "users", "organization_members", "roles", "audit_logs"} {
		rows = append(rows, []string{name, strconv.FormatInt(r.Rows[name], 10)})
	}
	return report{value: map[string]any{done: place, "schema": r.Schema, "rows": r.Rows}, rows: rows, names: []string{place}}
}

// restoreCommand asks no question: the replaced database is kept, so there is a way back.
func restoreCommand() *command {
	return &command{
		name:    "restore",
		operand: "FILE",
		summary: "Replace the database with a backup; the server must be stopped",
		about: "The backup is checked first and stays where it is. The replaced database is kept beside the restored one.\n" +
			"Everything since the backup is undone: suspended accounts, revoked tokens and changed passwords are as they were then.",
		examples: []string{"rolecall restore /backup/rolecall-2026-11-21.db --db /var/lib/rolecall/rolecall.db"},
		settings: []string{"db"},
		run:      restore,
	}
}

// restore holds the lock of a server from the first step to the last, since a server with the old file open would go on
// writing to it under its new name.
func restore(ctx context.Context, t *terminal, c *config) error {
	if db.IsServer(c.db) {
		return usageError("restore replaces a SQLite file; stop all servers, and put what pg_dump wrote into an empty PostgreSQL database with pg_restore")
	}
	unlock, err := lock(c.db)
	if errors.Is(err, errRunning) {
		return fmt.Errorf("%w: stop it first", err)
	}
	if err != nil {
		return err
	}
	defer unlock()
	var r db.Report
	// A name with the time in it: a second restore must not overwrite what the first one kept.
	kept, err := db.Restore(ctx, c.operand, c.db, time.Now().UTC().Format("20060102T150405Z"), func(ctx context.Context, place string, highest int64) (err error) {
		r, err = recordRestored(ctx, place, highest)
		return err
	})
	if err == nil {
		done := contents("restored", c.db, r)
		if kept != "" {
			done.rows = append([][]string{{"kept", kept}}, done.rows...)
			done.value = map[string]any{"restored": c.db, "schema": r.Schema, "rows": r.Rows, "kept": kept}
		}
		return t.print(done)
	}
	// Even after a failure, since it may be the only intact copy that is left.
	if kept != "" {
		fmt.Fprintln(t.err, "kept", kept)
	}
	return err
}

// recordRestored migrates a database that is about to replace another one, and records the restore in it. The trail
// must say so, because everything since the backup is missing between its last entry and the next one. highest is the
// highest revision of the replaced database.
func recordRestored(ctx context.Context, place string, highest int64) (db.Report, error) {
	r, err := db.Inspect(ctx, place, true)
	if err != nil {
		return r, err
	}
	d, err := db.Open(ctx, place) // migrates an older schema
	if err != nil {
		return r, err
	}
	return r, errors.Join(services.New(d, services.Options{}).RecordRestore(ctx, ofCommand(), highest), d.Close())
}

// checkCommand changes nothing and takes no lock, so it may run every night beside the server.
func checkCommand() *command {
	return &command{
		name:    "check",
		summary: "Check the database for damage, with or without a running server",
		about: "Reads every page and every reference, verifies the whole audit trail, compares the roles of every account with those\n" +
			"that the trail records, counts the members of every organization, compares the schema with that of its version, and\n" +
			"checks that an owner can sign in. It warns if no owner can without a sign-in provider; with --password-login off, no\n" +
			"password counts. It counts what changes of the catalog left behind in roles and assignments, which has no effect and is\n" +
			"not damage. It names sign-in providers that were removed from the settings but whose roles are still held and, with\n" +
			"--access-url, passkeys of another host. It changes nothing. Exit code 1: something was found. PostgreSQL keeps its own\n" +
			"pages and indexes; pg_amcheck checks those.",
		examples: []string{"rolecall check --db /var/lib/rolecall/rolecall.db", "rolecall check --json | jq .findings"},
		settings: []string{"db", "password-login", "oidc-config", "oidc-issuer-url", "access-url"},
		run: func(ctx context.Context, t *terminal, c *config) error {
			if err := c.mustExist(ctx); err != nil {
				return err
			}
			providers, err := c.oidc.ids()
			if err != nil {
				return err
			}
			r, err := examine(ctx, c, providers)
			if err != nil {
				return err
			}
			if len(r.Findings) > 0 {
				// On standard error, so that the reader of a cron mail sees which database it was, and a program that
				// reads the answer does not.
				fmt.Fprintf(t.err, "rolecall: %s in %s\n", counted(len(r.Findings), "finding", "findings"), db.Describe(c.db))
			}
			return t.verdict(len(r.Findings) == 0, r.answer())
		},
	}
}

// examination is the result of `check`.
type examination struct {
	Database string           `json:"database"`
	Schema   int64            `json:"schema"`
	Rows     map[string]int64 `json:"rows"`
	Dead     *org.DeadCount   `json:"dead,omitempty"` // nil: it could not be counted, which a finding explains
	Findings []string         `json:"findings"`
	Warnings []string         `json:"warnings"` // not damage, and perhaps intended
	report   db.Report
}

// examine continues after a finding as long as it can. Only a schema of another version ends it, because the queries
// below are written for this one. providers has the ids from the settings, nil if they are not known.
func examine(ctx context.Context, c *config, providers []string) (examination, error) {
	path := c.db
	r, err := db.Inspect(ctx, path, false)
	if err != nil {
		return examination{}, err
	}
	x := examination{Database: db.Describe(path), Schema: r.Schema, Rows: r.Rows, Findings: append([]string{}, r.Findings...), Warnings: []string{}, report: r}
	// The log and its index have the same rows as the file, and its password hashes. For the URL of a server, Stat fails
	// and nothing is found.
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if info, err := os.Stat(path + suffix); err == nil && info.Mode().Perm()&0o077 != 0 {
			x.Findings = append(x.Findings, fmt.Sprintf("%s has mode %04o: users other than its owner can open it", path+suffix, info.Mode().Perm()))
		}
	}
	switch {
	case r.Schema > r.Known:
		x.Findings = append(x.Findings, fmt.Sprintf("schema %d is newer than the %d that this program knows", r.Schema, r.Known))
		return x, nil
	case r.Schema < r.Known:
		x.Findings = append(x.Findings, fmt.Sprintf("schema %d is older than the %d that this program knows; the next start of the server brings it up to date", r.Schema, r.Known))
		return x, nil
	}
	// Inspect reports a changed schema; the rest is still worth checking.
	d, err := db.OpenTampered(ctx, path)
	if err != nil {
		if len(x.Findings) > 0 { // the findings explain the error
			return x, nil
		}
		return x, err
	}
	service := services.New(d, services.Options{})
	found, err := service.CheckIntegrity(ctx)
	x.Findings = append(x.Findings, found...)
	if err == nil && len(found) == 0 {
		err = x.warnOfProviders(ctx, service, c.passwords)
	}
	if err == nil && len(found) == 0 {
		var lines []string
		lines, err = strangeSources(ctx, service, providers)
		x.Warnings = append(x.Warnings, lines...)
	}
	if err == nil && c.accessURL != nil {
		var n int64
		if n, err = service.PasskeysElsewhere(ctx, c.accessURL.Hostname()); n > 0 {
			x.Warnings = append(x.Warnings, counted(int(n), "passkey was", "passkeys were")+" made at another host than that of --access-url, and cannot be used there")
		}
	}
	if err == nil {
		dead, failed := service.CountDead(ctx)
		switch {
		case failed == nil:
			x.Dead = &dead
		case len(x.Findings) == 0:
			err = failed
		}
	}
	return x, errors.Join(err, d.Close())
}

// warnOfProviders warns if the site depends on its sign-in providers: while they are down, no one could repair it.
func (x *examination) warnOfProviders(ctx context.Context, service *services.Service, passwords org.PasswordPolicy) error {
	if passwords == org.PasswordsForNobody {
		x.Warnings = append(x.Warnings, "no owner can sign in without a sign-in provider, since --password-login is off: while it is down, "+
			"start the server with --password-login owners, and recover-owner if no owner has a password")
		return nil
	}
	owners, err := service.SignIn.OwnersWithPassword(ctx)
	if err == nil && owners == 0 {
		x.Warnings = append(x.Warnings, "no owner can sign in without a sign-in provider: while it is down, recover-owner is the only way in")
	}
	return err
}

// answer returns what check prints. Numbers of rows come first for people: a check of the wrong file finds nothing and
// proves nothing.
func (x *examination) answer() report {
	var rows [][]string
	for _, f := range x.Findings {
		rows = append(rows, []string{f})
	}
	return report{value: x, head: []string{"FINDING"}, rows: rows, names: x.Findings, text: func(w io.Writer) {
		known := contents("database", x.Database, x.report).rows
		if x.Dead != nil {
			known = append(known, []string{"dead permissions", strconv.FormatInt(x.Dead.Permissions, 10)},
				[]string{"dead assignments", strconv.FormatInt(x.Dead.Assignments, 10)})
		}
		table(w, known...)
		for _, f := range x.Findings {
			fmt.Fprintln(w, "FOUND:", f)
		}
		for _, f := range x.Warnings {
			fmt.Fprintln(w, "WARNING:", f)
		}
	}}
}

// recoverOwnerCommand only works on the database. Over the network it would bypass every rule.
func recoverOwnerCommand() *command {
	var username, email string
	return &command{
		name:    "recover-owner",
		summary: "Restore access when no owner can sign in",
		about: "The account gets a new password and becomes active and a site owner; it is created if it does not exist. Its failed\n" +
			"logins no longer count. This takes write access to the database, and the audit trail records it.",
		examples: []string{"rolecall recover-owner --username ada --db /var/lib/rolecall/rolecall.db"},
		settings: []string{"db"},
		flags: func(fs *pflag.FlagSet) {
			fs.StringVar(&username, "username", "", "`NAME` of the account")
			fs.StringVar(&email, "email", "", "`ADDRESS` of a new account; an existing account keeps its own")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			if username == "" {
				return usageError("--username is needed; see rolecall help recover-owner")
			}
			// The old password is lost once there is a new one, so a broken output must be noticed first.
			if err := t.beforeSecret(); err != nil {
				return err
			}
			password, _, err := (&passwordFlags{}).read(nil)
			if err != nil {
				return err
			}
			return operate(ctx, c, func(ctx context.Context, s *services.Service, operator *org.Actor) error {
				u, err := s.RecoverOwner(ctx, operator.Request, org.OwnerRecovery{Username: username, Email: email, Password: password})
				if err != nil {
					return err
				}
				// It is not undone if printing fails: the command can simply be repeated.
				return describeAccount(u, password, true).print(t, []string{"database", db.Describe(c.db)})
			})
		},
	}
}
