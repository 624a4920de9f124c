package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"rolecall.example/client"
)

// membersGiveCommand keeps what is held. The API only replaces the whole set, so it is read before, and the condition
// keeps a role that somebody else gave meanwhile.
func membersGiveCommand() *command {
	return memberRolesCommand("give", "Give roles of the organization to a member", "ROLE…", func(held, named []string) []string {
		for _, name := range named {
			if !slices.Contains(held, name) {
				held = append(held, name)
			}
		}
		return held
	})
}

func membersTakeCommand() *command {
	return memberRolesCommand("take", "Take roles of the organization from a member", "ROLE…", func(held, named []string) []string {
		return slices.DeleteFunc(held, func(name string) bool { return slices.Contains(named, name) })
	})
}

func membersSetRolesCommand() *command {
	return memberRolesCommand("set-roles", "Replace the roles of a member; without ROLE, take all", "[ROLE…]", func(_, named []string) []string { return named })
}

// memberRolesCommand is a command that changes the roles of a member. wanted returns the roles afterwards. The three
// differ in nothing else.
func memberRolesCommand(verb, summary, operand string, wanted func(held, named []string) []string) *command {
	var q query
	return &command{
		name: "members " + verb, operand: "USER " + operand, summary: summary,
		about:    "If the roles are changed by somebody else meanwhile, nothing is done.",
		examples: []string{"rolecall members " + verb + " grace reviewer --org acme", "rolecall members " + verb + " grace reviewer deployer --org acme --dry-run"},
		settings: askSettings,
		flags:    q.flags("org", "dry-run", "if-match"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				return q.changeRoles(ctx, api, t, c.operand, func(held []string) []string { return wanted(held, c.operands[1:]) })
			})
		},
	}
}

// changeRoles asks no question: what it takes can be given back, and undo does so.
func (q *query) changeRoles(ctx context.Context, api *client.Client, t *terminal, user string, wanted func(held []string) []string) error {
	var tag string
	// Found by the name that was typed, and changed by its id below: the name may be somebody else's by then.
	m, err := api.Member(ctx, q.organization(), user, client.GetETag(&tag))
	if err != nil {
		return err
	}
	held := strings.Fields(roleNames(m.Roles))
	roles := wanted(slices.Clone(held))
	condition := q.match(tag)
	if q.dryRun {
		impact, err := api.PreviewMemberRoles(ctx, q.organization(), user, roles, condition...)
		if err != nil {
			return err
		}
		return t.print(impactReport(impact, impact))
	}
	got, err := api.SetMemberRoles(ctx, q.organization(), m.UserID.String(), roles, condition...)
	if err != nil {
		return err
	}
	return t.print(report{
		value: got, head: []string{"USERNAME", "ROLES"}, rows: [][]string{{m.Username, roleNames(got.Roles)}},
		text: func(w io.Writer) { fmt.Fprintln(w, holds(m.Username, got.Roles)) },
	})
}

// holds says which roles an account holds.
func holds(username string, roles []client.RoleRef) string {
	if len(roles) == 0 {
		return username + " holds no role now."
	}
	return username + " holds " + strings.Join(strings.Fields(roleNames(roles)), ", ") + " now."
}
