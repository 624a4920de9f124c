package org_test

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"rolecall.example/org"
	"rolecall.example/org/mailer"
	"rolecall.example/org/mailer/smtptest"
)

// mails gives a site a mail server.
func (s *site) mails(t *testing.T) *smtptest.Server {
	t.Helper()
	sink := smtptest.New(t, smtptest.StartTLS)
	out, err := mailer.New(mailer.Settings{Address: sink.Address, From: "rolecall@example.com", Authorities: sink.Authorities, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	s.Invite.SendWith(out, "https://roles.example.com")
	return sink
}

// mail invites an address by mail.
func (s *site) mail(t *testing.T, by, email string, roles ...string) org.Invitation {
	t.Helper()
	in, _ := inviting(roles, email).Read()
	in.Send = true
	made, err := s.Invite.Create(t.Context(), s.as(t, by), "default", org.Given(in))
	if err != nil || len(made.Invitations) != 1 || made.Invitations[0].Secret != "" {
		t.Fatalf("invited %+v, refused %v: %v", made.Invitations, made.Refused, err)
	}
	return made.Invitations[0]
}

func (s *site) sendMails(t *testing.T) {
	t.Helper()
	if err := s.Invite.SendMails(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// invited is the invitation as the list shows it.
func (s *site) invited(t *testing.T, i org.Invitation) org.Invitation {
	t.Helper()
	list, err := s.Invite.Invitations(t.Context(), s.as(t, "oa"), "default", org.InvitationFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range list.Invitations {
		if one.ID == i.ID {
			return one
		}
	}
	t.Fatalf("%s is not listed", i.Email)
	return i
}

var mailedLink = regexp.MustCompile(`https://roles\.example\.com/invitations/([0-9a-f-]{36}-[A-Z2-7]+)`)

// links are what stands in the links of the mails to an address.
func links(t *testing.T, sink *smtptest.Server, email string) (list []string) {
	t.Helper()
	for _, m := range sink.Taken() {
		if m.To[0] != email {
			continue
		}
		l := m.Letter(t)
		text, html := mailedLink.FindStringSubmatch(l.Text), mailedLink.FindStringSubmatch(l.HTML)
		if text == nil || html == nil || text[1] != html[1] {
			t.Fatalf("the links of the two parts differ: %v, %v", text, html)
		}
		list = append(list, text[1])
	}
	return list
}

func (s *site) verified(t *testing.T, email string) bool {
	t.Helper()
	u, err := s.db.GetUserByEmail(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	ways, err := s.db.GetWaysIn(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	return ways.EmailVerified
}

// TestInvitationMailed: a link goes to the address alone, and proves it. One that is shown proves nothing, and ends the other.
func TestInvitationMailed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	sink := s.mails(t)
	made := s.mail(t, "oa", "new@example.com", "viewer")
	if got := s.invited(t, made); got.Mail != org.MailWaiting || len(sink.Taken()) != 0 {
		t.Errorf("before it went out: %q, %d mails", got.Mail, len(sink.Taken()))
	}
	s.sendMails(t)
	if got := s.invited(t, made); got.Mail != org.MailSent || got.SentAt.IsZero() || got.SendError != "" {
		t.Errorf("got %+v", got)
	}
	s.sendMails(t)
	sent := links(t, sink, "new@example.com")
	if len(sent) != 1 {
		t.Fatalf("%d mails", len(sent))
	}
	if got := s.accepts(t, sent[0], "grace"); got != took || !s.verified(t, "new@example.com") {
		t.Errorf("accepting gave %v, verified %v", got, s.verified(t, "new@example.com"))
	}
	shown := s.mail(t, "oa", "shown@example.com")
	again, err := s.Invite.Resend(t.Context(), s.as(t, "oa"), "default", shown.ID.String(), false)
	if err != nil || again.Secret == "" {
		t.Fatalf("the link to show: %q, %v", again.Secret, err)
	}
	s.sendMails(t)
	if n := len(links(t, sink, "shown@example.com")); n != 0 {
		t.Errorf("%d mails for a link that was shown", n)
	}
	if got := s.accepts(t, again.Secret, "shown"); got != took || s.verified(t, "shown@example.com") {
		t.Errorf("accepting gave %v; a link that was shown must not verify the address", got)
	}
	mailedAgain, gone := s.invite(t, "oa", "again@example.com"), s.mail(t, "oa", "gone@example.com")
	if got, err := s.Invite.Resend(t.Context(), s.as(t, "oa"), "default", mailedAgain.ID.String(), true); err != nil || got.Secret != "" || got.Mail != org.MailWaiting {
		t.Fatalf("sent again: %+v, %v", got, err)
	}
	if err := s.Invite.Revoke(t.Context(), s.as(t, "oa"), "default", gone.ID.String()); err != nil {
		t.Fatal(err)
	}
	s.sendMails(t)
	if got := s.accepts(t, mailedAgain.Secret, "again"); got != org.NotFound {
		t.Errorf("the link before the mail: %v", got)
	}
	if got := s.accepts(t, links(t, sink, "again@example.com")[0], "again"); got != took {
		t.Errorf("the link of the mail: %v", got)
	}
	if n := len(links(t, sink, "gone@example.com")); n != 0 {
		t.Errorf("%d mails for what was revoked", n)
	}
}

// TestMailsAgain: a mail server that is down, slow or refuses fails no invitation. Each try has another link, and a demoted
// maker's mails do not go out.
func TestMailsAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	sink := s.mails(t)
	sink.RefuseMails(451, [3]int{4, 3, 0}, "Try later")
	made := s.mail(t, "oa", "new@example.com")
	begun, tries := s.clock.still(), 0
	for s.invited(t, made).Mail == org.MailWaiting && tries < 100 {
		s.sendMails(t)
		tries++
		if at, ok, err := s.Invite.NextMail(t.Context()); err != nil {
			t.Fatal(err)
		} else if ok {
			s.clock.advance(at.Sub(s.clock.still()))
		}
	}
	got := s.invited(t, made)
	if took := s.clock.still().Sub(begun).Truncate(time.Minute); tries != 12 || took != org.Day || got.Mail != org.MailFailed || !strings.Contains(got.SendError, "451 4.3.0 Try later") {
		t.Errorf("%d tries in %v: %+v", tries, took, got)
	}
	sink.TakeAll()
	again, unknown, late := s.mail(t, "oa", "again@example.com"), s.mail(t, "oa", "unknown@example.com"), s.mail(t, "oua", "late@example.com")
	sink.RefuseAddresses(550, [3]int{5, 1, 1}, "No such user")
	s.sendMails(t)
	for _, one := range []org.Invitation{again, unknown, late} {
		if got := s.invited(t, one); got.Mail != org.MailFailed || got.SendError == "" {
			t.Errorf("refused for good: %+v", got)
		}
	}
	sink.TakeAll()
	s.clock.advance(time.Hour)
	if _, err := s.Invite.Resend(t.Context(), s.as(t, "oa"), "default", again.ID.String(), true); err != nil {
		t.Fatal(err)
	}
	waits := s.mail(t, "oua", "demoted@example.com")
	if _, err := s.SetMemberRoles(t.Context(), s.as(t, "o"), "default", "oua", org.Given(org.RolesInput{})); err != nil {
		t.Fatal(err)
	}
	s.sendMails(t)
	if got := s.invited(t, again); got.Mail != org.MailSent || got.SendError != "" {
		t.Errorf("sent again: %+v", got)
	}
	if got := s.invited(t, waits); got.Mail != org.MailFailed || len(links(t, sink, "demoted@example.com")) != 0 {
		t.Errorf("of a demoted maker: %+v", got)
	}
	expires := s.mail(t, "oa", "expires@example.com")
	s.clock.advance(org.InvitationLifetime + time.Second)
	s.sendMails(t)
	if got := s.invited(t, expires); got.Mail != org.MailFailed || len(links(t, sink, "expires@example.com")) != 0 {
		t.Errorf("of one that expired before it was sent: %+v", got)
	}
	sink.Stop()
	down := s.mail(t, "oa", "down@example.com")
	s.sendMails(t)
	if got := s.invited(t, down); got.Mail != org.MailWaiting || !strings.Contains(got.SendError, "could not be reached") {
		t.Errorf("while the server is down: %+v", got)
	}
}

// holds is a column about mails that has a text somewhere, "" if none has.
func (s *site) holds(t *testing.T, text string) string {
	t.Helper()
	for column, table := range map[string]string{"secret_hash": "invitations", "send_error": "invitations", "mail": "invitations", "changes": "audit_logs", "resource_target": "audit_logs"} {
		if s.number(t, "SELECT count(*) FROM "+table+" WHERE CAST("+column+" AS text) LIKE '%"+text+"%'") > 0 {
			return table + "." + column
		}
	}
	return ""
}

// TestMailOnce: of many that send at once, one sends each mail. The secret stands in the mail alone.
func TestMailOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	sink := s.mails(t)
	in, _ := inviting(nil, "a@example.com", "b@example.com", "c@example.com").Read()
	in.Send = true
	if _, err := s.Invite.Create(t.Context(), s.as(t, "oa"), "default", org.Given(in)); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { _ = s.Invite.SendMails(context.WithoutCancel(t.Context())) })
	}
	all.Wait()
	if n := len(sink.Taken()); n != 3 {
		t.Errorf("%d mails, want 3", n)
	}
	for _, m := range sink.Taken() {
		link := links(t, sink, m.To[0])[0]
		secret := link[strings.LastIndexByte(link, '-')+1:]
		if at := s.holds(t, secret); at != "" {
			t.Errorf("the secret stands in %s", at)
		}
	}
}

// TestLetter: names from anywhere arrive whole, and none of them begins a header, turns the text or becomes part of the page.
func TestLetter(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	sink := s.mails(t)
	o := s.as(t, "o")
	for _, c := range []struct{ label, subject, html string }{
		{"Grüne Äpfel & Söhne GmbH", "Invitation to Grüne Äpfel & Söhne GmbH", "Grüne Äpfel &amp; Söhne GmbH"},
		{"חברת דוגמה", "Invitation to \u2068חברת דוגמה\u2069", "\u2068חברת דוגמה\u2069"},
		{"<script>alert(1)</script>", "Invitation to <script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
		{"a\u202eb", "Invitation to ab", "<bdi>ab</bdi>"},
		{strings.Repeat("é", 64), "Invitation to " + strings.Repeat("é", 64), strings.Repeat("é", 64)},
	} {
		if _, err := s.UpdateOrganization(t.Context(), o, "default", org.Given(org.OrganizationInput{DisplayName: c.label}), nil); err != nil {
			t.Fatal(err)
		}
		before := len(sink.Taken())
		made := s.mail(t, "oa", "new@example.com", "viewer")
		s.sendMails(t)
		if len(sink.Taken()) != before+1 {
			t.Fatalf("%q: no mail", c.label)
		}
		l := sink.Taken()[before].Letter(t)
		if l.Subject != c.subject || !strings.Contains(l.HTML, c.html) || !strings.Contains(l.Text, "oa invites you to ") {
			t.Errorf("%q: %q\n%s\n%s", c.label, l.Subject, l.Text, l.HTML)
		}
		if err := s.Invite.Revoke(t.Context(), o, "default", made.ID.String()); err != nil {
			t.Fatal(err)
		}
	}
}
