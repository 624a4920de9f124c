package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/pflag"

	"rolecall.example/client"
	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/services"
)

// operate runs fn with the use cases over the database of the settings. A user who can write the database has the rights
// of an owner; the audit trail calls that user "operator". Only commands that could not be a request use it; for the
// others see asking.
func operate(ctx context.Context, c *config, fn func(context.Context, *services.Service, *org.Actor) error) error {
	return operateStored(ctx, c, func(ctx context.Context, service *services.Service, operator *org.Actor, _ *account.SessionStore) error {
		return fn(ctx, service, operator)
	})
}

// operateStored is like operate, for commands that also need the store of sessions.
func operateStored(ctx context.Context, c *config, fn func(context.Context, *services.Service, *org.Actor, *account.SessionStore) error) (err error) {
	// Opening may migrate, so this is checked first.
	unlock, err := c.mayOpen(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	open := db.OpenTampered
	// Some commands are there to find a changed schema, so it must not keep them from starting.
	if !c.tampered {
		open = func(ctx context.Context, place string) (*db.DB, error) { return db.Open(ctx, place) }
	}
	d, err := open(ctx, c.db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	service := services.New(d, services.Options{})
	return fn(ctx, service, service.Operator().WithRequest(ofCommand()), account.NewSessionStore(d, nil))
}

// ofCommand returns what the audit trail records about a command.
func ofCommand() org.Request {
	return org.Request{ID: uuid.NewString(), UserAgent: "rolecall " + version()}
}

// mustExist returns an error if there is no database. Commands that open the file in their own way call this first,
// since SQLite would make an empty one.
func (c *config) mustExist(ctx context.Context) error {
	if stored, _, err := db.Schema(ctx, c.db); err != nil || stored > 0 {
		return err
	}
	return c.missing()
}

// missing returns a mistake in the call: a misspelled name is more likely than a lost database.
func (c *config) missing() error {
	return usageError("there is no database at " + db.Describe(c.db) + ": name it with --db" + c.elsewhere)
}

// mayOpen keeps a misspelled name from creating a database, and a command from changing the schema under a running
// server of an older version.
func (c *config) mayOpen(ctx context.Context) (unlock func(), err error) {
	stored, known, err := db.Schema(ctx, c.db)
	switch {
	case err != nil:
		return nil, err
	case stored == 0 && !c.makes:
		return nil, c.missing()
	// There is nothing to lock, and SQLite describes a missing folder as a file that it cannot open.
	case stored == 0 && !db.IsServer(c.db):
		if _, err := os.Stat(filepath.Dir(c.db)); err != nil {
			return nil, usageError("there is no folder for " + c.db + ": make it, or name another file with --db")
		}
		return func() {}, nil
	case stored == 0 || stored >= known:
		return func() {}, nil
	}
	if db.IsServer(c.db) { // other servers may be running
		// A lock on a file would not keep other machines away.
		return nil, fmt.Errorf("the schema of %s is %d, this program works with %d: start the server of this version first, which brings it up to date", db.Describe(c.db), stored, known)
	}
	if unlock, err = lock(c.db); err != nil {
		return nil, fmt.Errorf("the schema of the database is older than this program, which may bring it up to date when no server runs: %w", err)
	}
	return unlock, nil
}

// passwordFlags chooses the source of a new password. The command line is not a choice, since other users can see it.
type passwordFlags struct{ stdin bool }

func (p *passwordFlags) register(fs *pflag.FlagSet) {
	fs.BoolVar(&p.stdin, "password-stdin", false, "read the password from the first line of standard input, instead of generating one and printing it once")
}

// read returns the password, and whether it was generated and must be shown.
func (p *passwordFlags) read(in io.Reader) (password string, made bool, err error) {
	if !p.stdin {
		// 128 bits, so it needs no rule for how long or how mixed it is.
		return rand.Text(), true, nil
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", false, err
	}
	// Only the end of the line is removed: spaces may be part of a password.
	return strings.TrimRight(line, "\r\n"), false, nil
}

// printedAccount is an account as the commands print it.
type printedAccount struct {
	ID       uuid.UUID `json:"id"`
	Username string    `json:"username"`
	Email    string    `json:"email"`
	Roles    []string  `json:"roles"`
	Password string    `json:"password,omitempty"` // only if it was generated
}

// describeAccount returns the printed form of an account from a use case.
func describeAccount(u org.User, password string, made bool) printedAccount {
	a := printedAccount{ID: u.ID, Username: u.Username, Email: u.Email, Roles: []string{}}
	for _, r := range u.Roles {
		a.Roles = append(a.Roles, r.Name)
	}
	if made {
		a.Password = password
	}
	return a
}

// printedUser does the same for an account from the API.
func printedUser(u client.User, password string, made bool) printedAccount {
	a := printedAccount{ID: u.ID, Username: u.Username, Email: u.Email, Roles: strings.Fields(roleNames(u.Roles))}
	if made {
		a.Password = password
	}
	return a
}

// print prints the account.
func (a printedAccount) print(t *terminal, above ...[]string) error {
	return t.print(a.report(above...))
}

// report returns what is printed about the account, below rows that say more about it.
func (a printedAccount) report(above ...[]string) report {
	rows := slices.Concat(above, [][]string{
		{"id", a.ID.String()}, {"username", a.Username}, {"e-mail", a.Email}, {"site roles", strings.Join(a.Roles, ", ")},
	})
	names := []string{a.Username}
	if a.Password != "" {
		rows = append(rows, []string{"password", a.Password, "(shown this once)"})
		names = []string{a.Password} // which would be lost otherwise
	}
	return report{value: a, rows: rows, names: names}
}
