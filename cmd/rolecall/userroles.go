package main

import (
	"context"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

func usersGiveCommand() *command {
	var q query
	var terms client.Terms
	return &command{
		name: "users give", operand: "USER ROLE…",
		summary: "Add site roles to an account, permanently or until a day",
		about: "Without --until and --reason, roles that USER already has stay as they are. With one of them, every ROLE gets that end\n" +
			"or reason, even if USER already has it. --until none removes an end. If someone else changes the account in between,\n" +
			"nothing more is done.",
		examples: []string{"rolecall users give grace help-desk", `rolecall users give grace owner --until 12h --reason "incident 42"`},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			q.flags("dry-run", "if-match")(fs)
			termFlags(fs, &terms)
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				u, err := siteHolder(ctx, api, c.operand)
				if err != nil {
					return err
				}
				return q.give(t, u, c.operands[1:], terms)
			})
		},
	}
}

func usersTakeCommand() *command {
	var q query
	return &command{
		name: "users take", operand: "USER ROLE…",
		summary: "Remove site roles from an account",
		about: "Roles from a sign-in provider or a directory can't be removed here: they would come back. End them there, or suspend\n" +
			"the account. If someone else changes the account in between, nothing is done.",
		examples: []string{"rolecall users take grace help-desk", "rolecall users take grace help-desk owner --dry-run"},
		settings: askSettings,
		flags:    q.flags("dry-run", "if-match"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				u, err := siteHolder(ctx, api, c.operand)
				if err != nil {
					return err
				}
				return q.take(t, u, c.operands[1:])
			})
		},
	}
}

// siteHolder finds an account by the name that was typed, and changes it by its id, as member does.
func siteHolder(ctx context.Context, api *client.Client, user string) (h roleHolder, err error) {
	u, err := api.User(ctx, user, client.GetETag(&h.tag))
	if err != nil {
		return h, err
	}
	id := u.ID.String()
	h.username, h.roles = u.Username, u.Roles
	h.set = func(roles []string, o ...client.Option) (any, []client.RoleRef, error) {
		got, err := api.SetUserRoles(ctx, id, roles, o...)
		return got, got.Roles, err
	}
	h.previewSet = func(roles []string, o ...client.Option) (client.Impact, error) {
		return api.PreviewUserRoles(ctx, id, roles, o...)
	}
	h.put = func(role string, terms client.Terms, o ...client.Option) (client.Assignment, error) {
		return api.PutUserRole(ctx, id, role, terms, o...)
	}
	h.previewPut = func(role string, terms client.Terms, o ...client.Option) (client.Impact, error) {
		return api.PreviewPutUserRole(ctx, id, role, terms, o...)
	}
	return h, nil
}
