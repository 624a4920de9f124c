package client_test

import (
	"strings"

	"rolecall.example/client"
	"rolecall.example/web/webtest"
)

func (s *session) invitations() {
	made, err := s.InviteTo(s.ctx, "default", client.CreateInvitations{Emails: []string{"new@example.com", "no address"}, Roles: []string{"organization-auditor"}, Reason: "audit"})
	s.ok(err)
	if len(made.Invitations) != 1 || len(made.Refused) != 1 || made.Invitations[0].Link == "" {
		s.Fatalf("InviteTo = %+v, want one invitation with a link, and one refusal", made)
	}
	_, secret, _ := strings.Cut(made.Invitations[0].Link, "/invitations/")
	stranger := *s.Client
	stranger.Token = ""
	offer, err := stranger.OpenInvitation(s.ctx, secret)
	if s.ok(err); offer.Email != "new@example.com" || offer.Organizations[0].Roles[0] != "organization-auditor" {
		s.Errorf("OpenInvitation = %+v", offer)
	}
	accepted, err := stranger.AcceptInvitation(s.ctx, secret, client.AcceptInvitation{Username: "newcomer", Password: webtest.Password})
	if s.ok(err); accepted.User.Username != "newcomer" {
		s.Errorf("AcceptInvitation = %+v", accepted)
	}
	many, err := s.Invite(s.ctx, client.CreateInvitations{Emails: []string{"both@example.com"}, Organizations: []client.InviteOrganization{{ID: "default"}, {ID: "other"}}})
	s.ok(err)
	id := many.Invitations[0].ID
	_, err = s.ResendInvitation(s.ctx, id, client.ResendInvitation{})
	s.ok(err)
	_, err = s.ResendInvitationTo(s.ctx, "other", id, client.ResendInvitation{})
	s.refused(429, err)
	s.ok(s.RevokeInvitationTo(s.ctx, "other", id))
	s.ok(s.RevokeInvitation(s.ctx, id))
	page, err := s.InvitationsTo(s.ctx, "default", client.InvitationQuery{State: "accepted"})
	if s.ok(err); page.Count != 1 {
		s.Errorf("InvitationsTo = %+v, want the accepted one", page)
	}
	page, err = s.Invitations(s.ctx, client.InvitationQuery{Limit: 1})
	if s.ok(err); page.Count != 2 || len(page.Invitations) != 1 || page.Invitations[0].State != "revoked" {
		s.Errorf("Invitations = %+v, want the revoked one of two", page)
	}
}
