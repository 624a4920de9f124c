package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"rolecall.example/client"
)

// loginCommand asks the server who the token belongs to before it stores anything: otherwise a context that does not
// work would only fail much later, in another command.
func loginCommand() *command {
	var name string
	return &command{
		name: "login", operand: "URL",
		summary: "Store a token for a server, so that commands use that server",
		about: "On a terminal the command asks for the token; otherwise it reads the first line of standard input. There is no flag for\n" +
			"it, because other users can see flags. The server must accept the token. Address and token are stored as a context in a\n" +
			"file that only you can read; --name tells several contexts apart. Commands then use the server of the current context,\n" +
			"unless --db, --url or a variable says otherwise.",
		examples: []string{"rolecall login https://roles.example.com", "pass show rolecall | rolecall login https://staging.example.com --name staging"},
		settings: []string{"ca-file"},
		flags: func(fs *pflag.FlagSet) {
			fs.StringVar(&name, "name", "", "`NAME` of the context; without it, the host of the URL")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			if err := parseServer(c, c.operand); err != nil || c.server == nil {
				return usageError(cmp.Or(err, errors.New("URL is needed")).Error())
			}
			// Before the question: people should not type a secret only to learn that it cannot be stored.
			stored, err := loadLogins(t.env)
			if err != nil {
				return err
			}
			if c.token, err = t.readSecret("Token for " + c.server.String() + ": "); err != nil {
				return err
			}
			l := login{Name: cmp.Or(name, c.server.Host), URL: c.server.String(), Token: c.token}
			if file := c.inForce["ca-file"].value; file != "" {
				// Later commands are called from other folders.
				if l.CAFile, err = filepath.Abs(file); err != nil {
					return err
				}
			}
			me, err := c.remote().User(ctx, "me")
			if err != nil {
				return err
			}
			l.User = me.Username
			stored.put(l)
			if err := stored.save(); err != nil {
				return err
			}
			return t.print(report{
				value: shownLogin{l.Name, l.URL, l.User, true}, rows: [][]string{{l.Name, l.URL, l.User}}, head: contextHead[1:],
				text: func(w io.Writer) { fmt.Fprintf(w, "Commands ask %s as %s now (context %s).\n", l.URL, l.User, l.Name) },
			})
		},
	}
}

// readSecret asks for a secret on a terminal, where it is not shown, or reads the first line of other input. A last line
// without an end counts too: printf and secret stores write such lines.
func (t *terminal) readSecret(prompt string) (string, error) {
	var text []byte
	var err error
	if f, ok := t.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(t.err, prompt)
		text, err = term.ReadPassword(int(f.Fd()))
		// The key that ended the line was not echoed either.
		fmt.Fprintln(t.err)
	} else if text, err = bufio.NewReader(t.in).ReadBytes('\n'); errors.Is(err, io.EOF) {
		err = nil
	}
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" {
		return "", usageError("a token is needed, on the terminal or on standard input")
	}
	return secret, nil
}

// logoutCommand only forgets the token by default, as it may be in use elsewhere; this works while the server is down.
func logoutCommand() *command {
	var revoke bool
	return &command{
		name: "logout", operand: "[CONTEXT]",
		summary:  "Forget a stored token, of the current context or another one",
		about:    "Anyone who has the token can still use it until it expires; with --revoke no one can.",
		examples: []string{"rolecall logout", "rolecall logout staging --revoke"},
		flags: func(fs *pflag.FlagSet) {
			fs.BoolVar(&revoke, "revoke", false, "also revoke the token on the server")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			stored, err := loadLogins(t.env)
			if err != nil {
				return err
			}
			if c.operand == "" && stored.Current == "" {
				return usageError("there is no context in use: name one of rolecall contexts list")
			}
			l, err := stored.find(cmp.Or(c.operand, stored.Current))
			if err != nil {
				return err
			}
			// The server first: if that fails, the token is still stored and can be tried again.
			if revoke {
				if err := c.use(l); err != nil {
					return err
				}
				if err := c.remote().Logout(ctx); err != nil && client.StatusOf(err) != 401 { // it may have expired
					return err
				}
			}
			return forget(t, stored, l)
		},
	}
}

// forget removes a login and reports it. It names the context, since several may be for one server.
func forget(t *terminal, stored *logins, l login) error {
	stored.drop(l.Name)
	if err := stored.save(); err != nil {
		return err
	}
	return t.print(report{
		value: map[string]string{"forgotten": l.Name}, rows: [][]string{{l.Name}}, head: []string{"FORGOTTEN"},
		text: func(w io.Writer) { fmt.Fprintf(w, "The token for %s is forgotten (context %s).\n", l.URL, l.Name) },
	})
}

// shownLogin is a login without its token. It is a separate type, so that no form of output can print the token by
// mistake.
type shownLogin struct {
	Name    string `json:"name"`
	URL     string `json:"url"`
	User    string `json:"user"`
	Current bool   `json:"current"`
}

var contextHead = []string{"CURRENT", "NAME", "URL", "USER"}

// contextsListCommand asks no server: whether one can be reached says nothing about what is stored.
func contextsListCommand() *command {
	return &command{
		name: "contexts list", summary: "List the servers that a token is stored for",
		examples: []string{"rolecall contexts list"},
		run: func(_ context.Context, t *terminal, _ *config) error {
			stored, err := loadLogins(t.env)
			if err != nil {
				return err
			}
			list, rows := []shownLogin{}, [][]string(nil)
			for _, l := range stored.Contexts {
				mark := ""
				if l.Name == stored.Current {
					mark = "*"
				}
				list = append(list, shownLogin{l.Name, l.URL, l.User, mark != ""})
				rows = append(rows, []string{mark, l.Name, l.URL, l.User})
			}
			return t.print(report{value: list, head: contextHead, rows: rows, names: append([]string{}, stored.names()...)})
		},
	}
}

func contextsUseCommand() *command {
	return &command{
		name: "contexts use", operand: "CONTEXT", summary: "Ask another of the servers that a token is stored for",
		examples: []string{"rolecall contexts use staging"},
		run: func(_ context.Context, t *terminal, c *config) error {
			stored, err := loadLogins(t.env)
			if err != nil {
				return err
			}
			l, err := stored.find(c.operand)
			if err != nil {
				return err
			}
			stored.Current = l.Name
			if err := stored.save(); err != nil {
				return err
			}
			return t.print(report{
				value: shownLogin{l.Name, l.URL, l.User, true}, rows: [][]string{{l.Name, l.URL, l.User}}, head: contextHead[1:],
				text: func(w io.Writer) { fmt.Fprintf(w, "Commands ask %s as %s now.\n", l.URL, l.User) },
			})
		},
	}
}

// contextsRemoveCommand is logout by another name, next to the commands about contexts.
func contextsRemoveCommand() *command {
	return &command{
		name: "contexts remove", operand: "CONTEXT", summary: "Forget a server and the token that is stored for it",
		examples: []string{"rolecall contexts remove staging"},
		run: func(_ context.Context, t *terminal, c *config) error {
			stored, err := loadLogins(t.env)
			if err != nil {
				return err
			}
			l, err := stored.find(c.operand)
			if err != nil {
				return err
			}
			return forget(t, stored, l)
		},
	}
}
