package main

import (
	"context"
	"flag"
	"time"

	"rolecall.example/org/services"

	"rolecall.example/org"
)

func tokenCreateCommand() *command {
	var username, name string
	var lifetime time.Duration
	var asJSON bool
	return &command{
		name:     "token create",
		summary:  "Create an API token for an account",
		about:    "The token gives the rights of its account. It is printed once; only its hash is stored.",
		examples: []string{"rolecall token create --username ci --name terraform --lifetime 2160h", "export TOKEN=$(rolecall token create --username ci --json | jq -r .token)"},
		settings: []string{"db"},
		flags: func(fs *flag.FlagSet) {
			fs.StringVar(&username, "username", "", "`NAME` of the account, or its id")
			fs.StringVar(&name, "name", "", "`NAME` of the token, to recognize it")
			fs.DurationVar(&lifetime, "lifetime", 30*24*time.Hour, "`DURATION` for which it is valid, 8760h at most")
			fs.BoolVar(&asJSON, "json", false, "print JSON")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			if username == "" {
				return usageError("--username is needed; see rolecall help token create")
			}
			return operate(ctx, c, func(ctx context.Context, s *services.Service, operator *org.Actor) error {
				secret, token, err := s.CreateToken(ctx, operator, username, org.Given(org.TokenInput{Name: name, Lifetime: lifetime}))
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(t.out, map[string]any{
						"id": token.ID, "name": token.Name, "username": token.Username, "token": secret, "expires_at": token.ExpiresAt,
					})
				}
				table(t.out,
					[]string{"account", token.Username}, []string{"name", token.Name},
					[]string{"expires", token.ExpiresAt.Format(time.RFC3339)}, []string{"token", secret, "(shown this once)"})
				return nil
			})
		},
	}
}
