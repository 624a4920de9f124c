package main

import (
	"context"
	"slices"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

func membersGiveCommand() *command {
	var q query
	var terms client.Terms
	return &command{
		name: "members give", operand: "USER ROLE…",
		summary: "Add organization roles to a member, permanently or until a day",
		about: "Without --until and --reason, roles that USER already has stay as they are. With one of them, every ROLE gets that end\n" +
			"or reason, even if USER already has it. A day includes its last second: --until 2026-12-31 ends when that day is over,\n" +
			"in the local time zone. --until none removes an end. organization-member is the membership itself. If someone else\n" +
			"changes the roles in between, nothing more is done.",
		examples: []string{
			"rolecall members give grace reviewer --org acme",
			`rolecall members give grace reviewer --org acme --until 30d --reason "covers for Wendy"`,
			"rolecall members give contractor organization-member --org acme --until 2026-12-31 --dry-run",
		},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			q.flags("org", "dry-run", "if-match")(fs)
			termFlags(fs, &terms)
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				m, err := q.member(ctx, api, c.operand)
				if err != nil {
					return err
				}
				return q.give(t, m, c.operands[1:], terms)
			})
		},
	}
}

func membersTakeCommand() *command {
	var q query
	return &command{
		name: "members take", operand: "USER ROLE…",
		summary: "Remove organization roles from a member",
		about: "Roles from a sign-in provider or a directory can't be removed here: they would come back. End them there, or remove the\n" +
			"member. If someone else changes the roles in between, nothing is done.",
		examples: []string{"rolecall members take grace reviewer --org acme", "rolecall members take grace reviewer deployer --org acme --dry-run"},
		settings: askSettings,
		flags:    q.flags("org", "dry-run", "if-match"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			if slices.Contains(c.operands[1:], client.OrganizationMember) { // no list of roles has it: nothing would change
				return usageError(client.OrganizationMember + " is the membership itself: rolecall members remove ends it")
			}
			return asking(ctx, c, func(api *client.Client) error {
				m, err := q.member(ctx, api, c.operand)
				if err != nil {
					return err
				}
				return q.take(t, m, c.operands[1:])
			})
		},
	}
}

func membersSetRolesCommand() *command {
	var q query
	return &command{
		name: "members set-roles", operand: "USER [ROLE…]",
		summary: "Replace the roles of a member; without ROLE, remove all",
		about: "Named roles that the member already has stay as they are, with their ends. Roles from a sign-in provider or a directory\n" +
			"must be named: they can't be removed here, and without them nothing is done. If someone else changes the roles in\n" +
			"between, nothing is done.",
		examples: []string{"rolecall members set-roles grace reviewer --org acme", "rolecall members set-roles grace reviewer deployer --org acme --dry-run"},
		settings: askSettings,
		flags:    q.flags("org", "dry-run", "if-match"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				m, err := q.member(ctx, api, c.operand)
				if err != nil {
					return err
				}
				return q.setRoles(t, m, c.operands[1:])
			})
		},
	}
}

// member finds a member by the name that was typed. Changes use its id: by then the name may belong to another account.
func (q *query) member(ctx context.Context, api *client.Client, user string) (h roleHolder, err error) {
	m, err := api.Member(ctx, q.organization(), user, client.GetETag(&h.tag))
	if err != nil {
		return h, err
	}
	place, id := q.organization(), m.UserID.String()
	h.username, h.roles = m.Username, m.Roles
	h.set = func(roles []string, o ...client.Option) (any, []client.RoleRef, error) {
		got, err := api.SetMemberRoles(ctx, place, id, roles, o...)
		return got, got.Roles, err
	}
	h.previewSet = func(roles []string, o ...client.Option) (client.Impact, error) {
		return api.PreviewMemberRoles(ctx, place, id, roles, o...)
	}
	h.put = func(role string, terms client.Terms, o ...client.Option) (client.Assignment, error) {
		return api.PutMemberRole(ctx, place, id, role, terms, o...)
	}
	h.previewPut = func(role string, terms client.Terms, o ...client.Option) (client.Impact, error) {
		return api.PreviewPutMemberRole(ctx, place, id, role, terms, o...)
	}
	return h, nil
}
