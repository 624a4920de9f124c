package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// invitationPage is how many invitations one request asks for.
const invitationPage = 100

// invitations reads those of an organization, or of the site, page by page, until fn returns false. limit 0 means all.
func (q *query) invitations(ctx context.Context, api *client.Client, state string, limit int, fn func(client.Invitation) bool) error {
	for at := 0; limit == 0 || at < limit; {
		size := invitationPage
		if limit > 0 {
			size = min(size, limit-at)
		}
		ask := client.InvitationQuery{State: state, Limit: size, Offset: at}
		page, err := q.invitationsAt(ctx, api, ask)
		if err != nil {
			return err
		}
		for _, i := range page.Invitations {
			if !fn(i) {
				return nil
			}
		}
		if at += len(page.Invitations); len(page.Invitations) < size {
			return nil
		}
	}
	return nil
}

func (q *query) invitationsAt(ctx context.Context, api *client.Client, ask client.InvitationQuery) (client.InvitationPage, error) {
	if q.org == "" {
		return api.Invitations(ctx, ask)
	}
	return api.InvitationsTo(ctx, q.org, ask)
}

// invitation finds one by its id or by its address. One that can no longer be accepted is skipped, unless an id names
// it.
func (q *query) invitation(ctx context.Context, api *client.Client, named string) (found client.Invitation, err error) {
	n := 0
	state := "open"
	if !strings.Contains(named, "@") {
		state = ""
	}
	err = q.invitations(ctx, api, state, 0, func(i client.Invitation) bool {
		if i.ID.String() == named || strings.EqualFold(i.Email, named) {
			found = i
			n++
		}
		return i.ID.String() != named
	})
	switch {
	case err != nil:
		return found, err
	case n == 0:
		return found, usageError(fmt.Sprintf("there is no open invitation %s; see rolecall invitations list", named))
	case n > 1:
		return found, usageError(fmt.Sprintf("%s has %d open invitations: name one by its id, or the organization with --org", named, n))
	}
	return found, nil
}

func invitationsListCommand() *command {
	var q query
	var state string
	return &command{
		name:    "invitations list",
		summary: "List invitations, newest first, without their links",
		about: "Without --org it lists those of the whole site: all of them if you may add members anywhere, otherwise those you made.\n" +
			"A link is shown once, when it is made: invitations resend makes another.",
		examples: []string{"rolecall invitations list --org acme", "rolecall invitations list --state pending --json"},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			q.flags("org?", "limit")(fs)
			fs.Var(&choice{&state, []string{"pending", "accepted", "expired", "revoked", "open"}}, "state", "`STATE` of those to list: pending, accepted, expired, revoked, or open, which is pending or expired")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				list := []client.Invitation{}
				err := q.invitations(ctx, api, state, q.limit, func(i client.Invitation) bool {
					list = append(list, i)
					return true
				})
				if err != nil {
					return err
				}
				return t.print(invitationsReport(list...))
			})
		},
	}
}

func invitationsReport(list ...client.Invitation) report {
	r := report{value: list, head: []string{"ID", "EMAIL", "INTO", "ROLES", "STATE", "ENDS", "MADE BY", "MAIL"}}
	for _, i := range list {
		var into []string
		for _, o := range i.Organizations {
			into = append(into, o.Name)
		}
		r.rows = append(r.rows, []string{
			i.ID.String(), i.Email, strings.Join(into, " "), cmp.Or(strings.Join(i.Roles, " "), "–"), i.State, i.ExpiresAt.Format(time.RFC3339), i.CreatedBy.Username, mailOf(i),
		})
	}
	return r
}

// mailOf says what happened to the mail of an invitation.
func mailOf(i client.Invitation) string {
	switch {
	case i.Sent:
		return "sent"
	case i.SendError != "":
		return i.SendError
	}
	return "–"
}

func invitationsRevokeCommand() *command {
	var q query
	return &command{
		name: "invitations revoke", operand: "INVITATION",
		summary:  "Revoke an invitation: its link stops working",
		about:    "INVITATION is its id, or the address it is for. With --org, what it gives elsewhere stays.",
		examples: []string{"rolecall invitations revoke grace@example.com --org acme", "rolecall invitations revoke 0199c6a4-53a1-7000-8000-5e1f3c0a9b21 --yes"},
		settings: askSettings,
		flags:    q.flags("org?", "yes"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				i, err := q.invitation(ctx, api, c.operand)
				if err != nil {
					return err
				}
				if err := q.confirm(ctx, t, fmt.Sprintf("Revoke the invitation of %s?", i.Email), invitationsReport(i)); err != nil {
					return err
				}
				if err := q.revokeInvitation(ctx, api, i); err != nil {
					return err
				}
				r := invitationsReport(i)
				r.value, r.text = i, sentence("The invitation of %s is revoked.", i.Email)
				return t.print(r)
			})
		},
	}
}

func (q *query) revokeInvitation(ctx context.Context, api *client.Client, i client.Invitation) error {
	if q.org == "" {
		return api.RevokeInvitation(ctx, i.ID)
	}
	return api.RevokeInvitationTo(ctx, q.org, i.ID)
}
