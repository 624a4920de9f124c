package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// maxInvited is how many addresses one request may invite.
const maxInvited = 100

// inviteSettings are those of the commands that make links: for a file nothing else says how the links begin.
var inviteSettings = append(slices.Clone(askSettings), "access-url")

// aboutLinks is in the help of the commands that make links.
const aboutLinks = "The link is printed once; only its hash is stored. With --send the server mails it instead, if it has a mail server. On a\n" +
	"file, --access-url gives the start of the link."

// linkMaker is what the commands that make links share.
type linkMaker struct {
	query
	send bool
}

func (m *linkMaker) sendFlag(fs *pflag.FlagSet) {
	fs.BoolVar(&m.send, "send", false, "send the link by mail instead of printing it; only on a server")
}

// ready refuses what could not work before anything is made.
func (m *linkMaker) ready(t *terminal, c *config) error {
	switch {
	case c.server != nil:
	case m.send:
		return usageError("--send asks a server: from a file you get the links, and pass them on")
	case c.accessURL == nil:
		return usageError("--access-url is needed: it says what the links begin with, like https://roles.example.com")
	}
	return t.beforeSecret()
}

func invitationsCreateCommand() *command {
	var m linkMaker
	var in client.CreateInvitations
	var terms client.Terms
	var roles string
	var expires time.Duration
	return &command{
		name: "invitations create", operand: "[EMAIL…]",
		summary: "Invite people into an organization, whether they have an account or not",
		about: "Each address gets a link that works once, for that address, with the permissions that you have when it is accepted.\n" +
			"EMAIL may also be -, to read addresses from standard input, one a line. People who cannot be invited are listed with\n" +
			"the reason, and the others are invited; the exit code is then 3.\n\n" + aboutLinks,
		examples: []string{
			"rolecall invitations create grace@example.com --org acme --role reviewer --send",
			"rolecall invitations create --file new-people.txt --org acme --until 2026-12-31 --reason 'year-end audit'",
		},
		settings: inviteSettings,
		flags: func(fs *pflag.FlagSet) {
			m.flags("org", "file")(fs)
			fs.StringVar(&roles, "role", "", "`ROLE,...` to give with the membership")
			termFlags(fs, &terms)
			fs.DurationVar(&expires, "expires", 0, "`DURATION` for which the links work, 1h to 720h (default 168h)")
			m.sendFlag(fs)
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			names, err := m.names(t, c.operands)
			if err != nil {
				return err
			}
			if len(names) == 0 {
				return usageError("EMAIL or --file is needed; see rolecall help invitations create")
			}
			if err := m.ready(t, c); err != nil {
				return err
			}
			in.Emails, in.Roles, in.Send = names, commas(roles), m.send
			if in.Until = terms.Until; in.Until != nil && in.Until.IsZero() {
				in.Until = nil
			}
			in.Reason = text(terms.Reason)
			if expires != 0 {
				in.ExpiresIn = expires.String()
			}
			return asking(ctx, c, func(api *client.Client) error { return m.create(ctx, api, t, in) })
		},
	}
}

// create invites in batches. Completed batches stay; repeating the call reports those people as already invited.
func (m *linkMaker) create(ctx context.Context, api *client.Client, t *terminal, in client.CreateInvitations) error {
	all := client.Invited{Invitations: []client.Invitation{}, Refused: []client.InvitationRefusal{}}
	var failed error
	for part := range slices.Chunk(in.Emails, maxInvited) {
		in.Emails = part
		got, err := api.InviteTo(ctx, m.organization(), in)
		if err != nil {
			failed = err
			break
		}
		all.Invitations, all.Refused = append(all.Invitations, got.Invitations...), append(all.Refused, got.Refused...)
	}
	if failed != nil && len(all.Invitations) == 0 {
		return failed
	}
	// Links that no one has seen must not stay valid.
	revoke := func() (err error) {
		for _, i := range all.Invitations {
			err = errors.Join(err, api.RevokeInvitationTo(ctx, m.organization(), i.ID))
		}
		return err
	}
	r := linksReport(all, all.Invitations)
	for _, refused := range all.Refused {
		r.rows = append(r.rows, []string{refused.Email, "left out", "it " + refused.Detail})
	}
	if err := t.afterSecret(r, revoke); err != nil || failed != nil {
		return cmp.Or(err, failed)
	}
	if n := len(all.Refused); n > 0 {
		return fmt.Errorf("%s left out of %s", counted(n, "address was", "addresses were"), strconv.Itoa(n+len(all.Invitations)))
	}
	return nil
}

// linksReport shows invitations with their links, or says that they go out by mail.
func linksReport(value any, list []client.Invitation) report {
	r := report{value: value, head: []string{"EMAIL", "STATE", "LINK"}, names: []string{}}
	for _, i := range list {
		link := cmp.Or(i.Link, "goes out by mail")
		r.rows = append(r.rows, []string{i.Email, "invited", link})
		r.names = append(r.names, cmp.Or(i.Link, i.ID.String()))
	}
	return r
}

func invitationsResendCommand() *command {
	var m linkMaker
	return &command{
		name: "invitations resend", operand: "INVITATION",
		summary: "Give an invitation a new link and a new end; the old link stops working",
		about: "INVITATION is its id, or the address it is for. You become its maker, so you need the permissions to create it. Possible\n" +
			"once a minute, and 10 times in all.\n\n" + aboutLinks,
		examples: []string{"rolecall invitations resend grace@example.com --org acme --send"},
		settings: inviteSettings,
		flags: func(fs *pflag.FlagSet) {
			m.flags("org?")(fs)
			m.sendFlag(fs)
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			if err := m.ready(t, c); err != nil {
				return err
			}
			return asking(ctx, c, func(api *client.Client) error {
				found, err := m.invitation(ctx, api, c.operand)
				if err != nil {
					return err
				}
				made, err := m.resend(ctx, api, found)
				if err != nil {
					return err
				}
				r := linksReport(made, []client.Invitation{made})
				return t.afterSecret(r, func() error { return m.revokeInvitation(ctx, api, made) })
			})
		},
	}
}

func (m *linkMaker) resend(ctx context.Context, api *client.Client, i client.Invitation) (client.Invitation, error) {
	how := client.ResendInvitation{Send: m.send}
	if m.org == "" {
		return api.ResendInvitation(ctx, i.ID, how)
	}
	return api.ResendInvitationTo(ctx, m.org, i.ID, how)
}

// text returns the value of a flag, "" if it was not given.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return strings.TrimSpace(*s)
}
