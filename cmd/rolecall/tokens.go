package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// tokenOwner is the flag that names an account. On a server it may be left out and then means the account of the token.
type tokenOwner struct{ username string }

func (o *tokenOwner) register(fs *pflag.FlagSet) {
	fs.StringVar(&o.username, "username", "", "`NAME` of the account, or its id; on a server the default is your own")
}

// of returns the account. The operator of a file has no account. A default would guess whose rights the token gives.
func (o *tokenOwner) of(c *config, name string) (string, error) {
	switch {
	case o.username != "":
		return o.username, nil
	case c.server == nil:
		return "", usageError("--username is needed; see rolecall help " + name)
	}
	return "me", nil
}

// tokensListCommand never shows a secret: the server only stores its hash.
func tokensListCommand() *command {
	var owner tokenOwner
	var q client.TokenQuery
	var all bool
	return &command{
		name:     "tokens list",
		summary:  "List the API tokens of an account, without their secrets",
		examples: []string{"rolecall tokens list --username ci --expired", "rolecall tokens list --all --kind unlimited"},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			owner.register(fs)
			fs.BoolVar(&all, "all", false, "for all accounts whose tokens you may read; only on a server")
			fs.BoolVar(&q.Expired, "expired", false, "also list those that ended in the last 90 days")
			fs.Var(&choice{&q.Kind, []string{"unused", "unlimited", "ending"}}, "kind", "`KIND` of those to list: unused for 90 days, unlimited, or ending within 30")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			switch {
			case all && owner.username != "":
				return usageError("--all and --username exclude each other")
			case all && c.server == nil:
				return usageError("--all asks a server; of a file, name an account with --username")
			}
			user := ""
			if !all {
				var err error
				if user, err = owner.of(c, "tokens list"); err != nil {
					return err
				}
			}
			return asking(ctx, c, func(api *client.Client) (err error) {
				var got []client.Token
				if all {
					got, err = api.AllTokens(ctx, q)
				} else {
					got, err = api.Tokens(ctx, user, q)
				}
				if err != nil {
					return err
				}
				return t.print(tokensReport(got...))
			})
		},
	}
}

// createdToken is a token as it is printed once, with its secret.
type createdToken struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Username  string    `json:"username"`
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
}

func tokensCreateCommand() *command {
	var owner tokenOwner
	var in client.CreateTokenRequest
	var expires *time.Time
	return &command{
		name:    "tokens create",
		summary: "Create an API token for an account",
		about: "The token has the permissions of its account: with --scope only those named, with --organization only there.\n" +
			"A scope is TYPE:ACTION or TYPE:* of the catalog; with rolecall:decide the token can only ask for decisions. It is\n" +
			"printed once; only its hash is stored.",
		examples: []string{
			"rolecall tokens create --username ci --scope organization:read,organization_member:read --organization acme --expires 90d",
			"export ROLECALL_TOKEN=$(rolecall tokens create --username ci --quiet)",
			"rolecall tokens create --username billing --scope rolecall:decide --organization acme",
		},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			owner.register(fs)
			fs.StringVar(&in.Name, "name", "", "`NAME` of the token, to recognize it")
			fs.DurationVar(&in.Lifetime, "lifetime", 0, "`DURATION` for which it is valid, 8760h at most (default 720h, with "+client.ScopeDecide+" 8760h)")
			fs.Var(&end{&expires, time.Now}, "expires", "`END` instead: 30d, 12h, a day, or a time with its zone")
			fs.StringSliceVar(&in.Scopes, "scope", nil, "`SCOPE,...` that limit it, such as organization:read, or "+client.ScopeDecide)
			fs.StringSliceVar(&in.Organizations, "organization", nil, "`NAME,...` or ids of the only organizations it reaches")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			// Mistakes first, then the output: nothing is made before both are known to be fine.
			user, err := owner.of(c, "tokens create")
			if err != nil {
				return err
			}
			if expires != nil {
				if in.Lifetime != 0 {
					return usageError("--lifetime and --expires exclude each other")
				}
				if in.Lifetime = time.Until(*expires); in.Lifetime <= 0 { // "none" is in the past too: a token needs an end
					return usageError("--expires must be a time ahead")
				}
			}
			if err := t.beforeSecret(); err != nil {
				return err
			}
			return asking(ctx, c, func(api *client.Client) error { return createToken(ctx, api, t, user, in) })
		},
	}
}

func createToken(ctx context.Context, api *client.Client, t *terminal, user string, in client.CreateTokenRequest) error {
	made, err := api.CreateToken(ctx, user, in)
	if err != nil {
		return err
	}
	id, _, _ := strings.Cut(made.Key, "-")
	// A token that no one has seen must not stay valid.
	revoke := func() error { return api.DeleteToken(ctx, user, id) }
	// Read back for what the server decided: the name and the end.
	stored, err := api.Key(ctx, user, id)
	if in.Lifetime == 0 {
		in.Lifetime = defaultLifetime(in)
	}
	if err != nil { // a token may be allowed to make tokens but not to read them: then only the request is known
		stored = client.Token{Name: in.Name, Username: user, ExpiresAt: time.Now().Add(in.Lifetime).UTC().Truncate(time.Second)}
	}
	token := createdToken{id, stored.Name, stored.Username, made.Key, stored.ExpiresAt}
	return t.afterSecret(report{
		value: token, names: []string{made.Key},
		rows: [][]string{
			{"account", token.Username}, {"name", token.Name}, {"expires", token.ExpiresAt.Format(time.RFC3339)}, {"token", token.Token, "(shown this once)"},
		},
	}, revoke)
}

// defaultLifetime returns the lifetime that a server gives a token by default.
func defaultLifetime(in client.CreateTokenRequest) time.Duration {
	if slices.Contains(in.Scopes, client.ScopeDecide) {
		return 365 * 24 * time.Hour
	}
	return 30 * 24 * time.Hour
}

func tokensRevokeCommand() *command {
	var q query
	var owner tokenOwner
	return &command{
		name: "tokens revoke", operand: "TOKEN",
		summary:  "Revoke an API token: it stops working",
		about:    "TOKEN is its name or its id, never the secret.",
		examples: []string{"rolecall tokens revoke terraform --username ci", "rolecall tokens revoke 4Kq0cXo1bd --yes"},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			owner.register(fs)
			q.flags("yes")(fs)
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			user, err := owner.of(c, "tokens revoke")
			if err != nil {
				return err
			}
			return asking(ctx, c, func(api *client.Client) error {
				// First by its name, which is what people know.
				token, err := api.TokenNamed(ctx, user, c.operand)
				if client.StatusOf(err) == http.StatusNotFound {
					token, err = api.Key(ctx, user, c.operand)
				}
				if err != nil {
					return err
				}
				// A program may be using it, as the table above the question shows.
				if err := q.confirm(ctx, t, fmt.Sprintf("Revoke the token %s of %s?", cmp.Or(token.Name, token.ID), token.Username), tokensReport(token)); err != nil {
					return err
				}
				if err := api.DeleteToken(ctx, user, token.ID); err != nil {
					return err
				}
				r := tokensReport(token)
				r.value, r.text = token, sentence("The token %s of %s is revoked.", cmp.Or(token.Name, token.ID), token.Username)
				return t.print(r)
			})
		},
	}
}

// tokensReport is a list of tokens.
func tokensReport(list ...client.Token) report {
	r := report{value: append([]client.Token{}, list...), head: []string{"ID", "USERNAME", "NAME", "CREATED", "LAST USED", "EXPIRES", "LIMITS"}}
	for _, token := range list {
		r.rows = append(r.rows, []string{
			token.ID, token.Username, token.Name, token.CreatedAt.Format(time.RFC3339), ever(token.LastUsed), token.ExpiresAt.Format(time.RFC3339), limitsOf(token),
		})
	}
	return r
}

// limitsOf describes what limits a token: its scopes and its organizations.
func limitsOf(token client.Token) string {
	limits := token.Organizations
	if !slices.Contains(token.Scopes, "coder:all") {
		limits = append(slices.Clone(token.Scopes), token.Organizations...)
	}
	return cmp.Or(strings.Join(limits, " "), "-")
}
