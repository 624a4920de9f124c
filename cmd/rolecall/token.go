package main

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"rolecall.example/org"
	"rolecall.example/org/services"
)

func tokenCreateCommand() *command {
	var username, name string
	var lifetime time.Duration
	return &command{
		name:     "token create",
		summary:  "Create an API token for an account",
		about:    "The token gives the rights of its account. It is printed once; only its hash is stored.",
		examples: []string{"rolecall token create --username ci --name terraform --lifetime 2160h", "export TOKEN=$(rolecall token create --username ci --json | jq -r .token)"},
		settings: []string{"db"},
		flags: func(fs *pflag.FlagSet) {
			fs.StringVar(&username, "username", "", "`NAME` of the account, or its id")
			fs.StringVar(&name, "name", "", "`NAME` of the token, to recognize it")
			fs.DurationVar(&lifetime, "lifetime", 30*24*time.Hour, "`DURATION` for which it is valid, 8760h at most")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			if username == "" {
				return usageError("--username is needed; see rolecall help token create")
			}
			if err := t.beforeSecret(); err != nil {
				return err
			}
			return operate(ctx, c, func(ctx context.Context, s *services.Service, operator *org.Actor) error {
				secret, token, err := s.CreateToken(ctx, operator, username, org.Given(org.TokenInput{Name: name, Lifetime: lifetime}))
				if err != nil {
					return err
				}
				return t.afterSecret(report{
					value: map[string]any{"id": token.ID, "name": token.Name, "username": token.Username, "token": secret, "expires_at": token.ExpiresAt},
					rows: [][]string{
						{"account", token.Username}, {"name", token.Name},
						{"expires", token.ExpiresAt.Format(time.RFC3339)}, {"token", secret, "(shown this once)"},
					},
					names: []string{secret},
				}, func() error { return s.DeleteToken(ctx, operator, username, token.ID) })
			})
		},
	}
}
