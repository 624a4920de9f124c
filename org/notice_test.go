package org_test

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
	"rolecall.example/org/factor"
	"rolecall.example/org/mailer/smtptest"
	"rolecall.example/org/services"
)

// mailed is whom the mails that went out tell what, sorted.
func mailed(t *testing.T, sink *smtptest.Server) (list []string) {
	t.Helper()
	for _, m := range sink.Taken() {
		l := m.Letter(t)
		list = append(list, m.To[0]+": "+l.Subject)
		for _, part := range []string{l.Text, l.HTML} {
			if !strings.Contains(part, "https://roles.example.com/") {
				t.Errorf("%q has no link: %s", l.Subject, part)
			}
		}
	}
	slices.Sort(list)
	return list
}

// mailSays reports whether a mail to an address says something in both of its parts.
func mailSays(t *testing.T, sink *smtptest.Server, to, text string) bool {
	t.Helper()
	return slices.ContainsFunc(sink.Taken(), func(m smtptest.Taken) bool {
		l := m.Letter(t)
		return m.To[0] == to && strings.Contains(l.Text, text) && strings.Contains(l.HTML, text)
	})
}

// TestFactorMails: who loses a second factor is told by mail, once and in the transaction that takes it; nothing is stored where no
// mails go out, but for an operator, who can't know.
func TestFactorMails(t *testing.T) {
	t.Parallel()
	s := withPasskeys(t, newSite(t), func(o *services.Options) { o.Vault = factor.NewVault(filepath.Join(t.TempDir(), "key"), true) })
	s.withPasswords(t, "m", "oa", "o")
	waiting := func() int64 { t.Helper(); return s.number(t, "SELECT count(*) FROM mails") }
	remove := func() {
		t.Helper()
		_, added := s.passkey(t, "m")
		if err := s.RemovePasskey(t.Context(), s.as(t, "m"), added.ID.String(), password, org.FactorsForNone); err != nil {
			t.Fatal(err)
		}
	}
	reset := func(by *org.Actor) {
		t.Helper()
		s.passkey(t, "m")
		kind(t, s.ResetFactors(t.Context(), s.as(t, "oa"), "m"), org.Forbidden)
		if err := s.ResetFactors(t.Context(), by, "m"); err != nil {
			t.Fatal(err)
		}
	}
	if remove(); waiting() != 0 {
		t.Error("a mail waits where none go out")
	}
	reset(s.Operator())
	s.clock.advance(org.Day)
	if err := s.Invite.DropOldNotices(t.Context()); err != nil || waiting() != 1 {
		t.Errorf("%d wait, %v: a server may still send it", waiting(), err)
	}
	s.clock.advance(2 * time.Hour)
	if err := s.Invite.DropOldNotices(t.Context()); err != nil || waiting() != 0 {
		t.Errorf("%d wait, %v", waiting(), err)
	}

	sink := s.mails(t)
	remove()
	reset(s.as(t, "o"))
	s.enrolled(t, "oa")
	if err := s.RemoveApp(t.Context(), s.as(t, "oa"), password, org.FactorsForNone); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { _ = s.Invite.SendMails(t.Context()) })
	}
	all.Wait()
	want := []string{"m@example.com: A passkey was removed", "m@example.com: Your second factors were removed", "oa@example.com: Your authenticator app was removed"}
	if diff := cmp.Diff(want, mailed(t, sink)); diff != "" || waiting() != 0 {
		t.Errorf("%d wait: %s", waiting(), diff)
	}
	for _, says := range []string{"The passkey “A test” was removed from your account m ", "o removed the second factors of your account m ", "/users/me/security"} {
		if !mailSays(t, sink, "m@example.com", says) {
			t.Errorf("no mail says %q", says)
		}
	}
	reset(s.as(t, "o"))
	if err := drop2(s.SetStatus(t.Context(), s.as(t, "o"), "m", org.StatusSuspended, nil)); err != nil {
		t.Fatal(err)
	}
	if s.sendMails(t); len(sink.Taken()) != len(want) || waiting() != 0 {
		t.Errorf("%d mails, %d wait: one that is suspended is told nothing", len(sink.Taken()), waiting())
	}
}

// TestTokenMails: who can make another token is told that one ends, once each time, whichever replica does it.
func TestTokenMails(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.exec(t, "UPDATE users SET email = '', email_key = ? WHERE username = 'bot'", id("bot").String())
	sink := s.mails(t)
	for user, name := range map[string]string{"o": "mine", "bot": "deploy", "m": "revoked"} {
		if err := drop2(s.CreateToken(t.Context(), s.as(t, "o"), user, org.Given(org.TokenInput{Name: name, Lifetime: 40 * org.Day}))); err != nil {
			t.Fatal(err)
		}
	}
	s.directory(t, "oa", "default")
	// tell is on some day, by several at once. It returns of how many tokens was told.
	begun := s.clock.now()
	tell := func(day int) int64 {
		t.Helper()
		s.clock.advance(begun.Add(time.Duration(day)*org.Day + time.Minute).Sub(s.clock.now()))
		var n atomic.Int64
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				tokens, err := s.TellEndingTokens(t.Context())
				directories, err2 := s.Directory.TellEndingTokens(t.Context())
				if err != nil || err2 != nil {
					t.Errorf("day %d: %v, %v", day, err, err2)
				}
				n.Add(int64(tokens + directories))
			})
		}
		all.Wait()
		return n.Load()
	}
	if n := tell(9); n != 0 {
		t.Errorf("told of %d tokens too early", n)
	}
	if n := tell(10); n != 3 {
		t.Errorf("told of %d tokens, want 3", n)
	}
	if err := s.DeleteToken(t.Context(), s.as(t, "m"), "me", s.text(t, "SELECT id FROM api_keys WHERE name = 'revoked'")); err != nil {
		t.Fatal(err)
	}
	s.sendMails(t)
	ends := begun.Add(40 * org.Day).Format("2 January 2006")
	want := []string{"o@example.com: An API token ends on " + ends + ": deploy", "o@example.com: An API token ends on " + ends + ": mine"}
	if diff := cmp.Diff(want, mailed(t, sink)); diff != "" || !mailSays(t, sink, "o@example.com", "that you made for bot") {
		t.Error(diff)
	}
	sent := len(sink.Taken())
	if n := tell(335); n != 1 {
		t.Errorf("told of %d tokens of directories, want 1", n)
	}
	if s.sendMails(t); len(sink.Taken()) != sent+1 || !mailSays(t, sink, "oa@example.com", "https://roles.example.com/organizations/default/directory") {
		t.Errorf("%v", mailed(t, sink))
	}
	if err := drop(s.SetMemberRoles(t.Context(), s.as(t, "o"), "default", "oa", roles())); err != nil {
		t.Fatal(err)
	}
	if n := tell(358); n != 1 {
		t.Errorf("told of %d tokens of directories a week before, want 1", n)
	}
	s.sendMails(t)
	var to []string // the members who may
	for _, m := range sink.Taken()[sent+1:] {
		to = append(to, m.To[0])
	}
	if slices.Sort(to); !slices.Equal(to, []string{"o@example.com", "oua@example.com"}) {
		t.Errorf("%v", mailed(t, sink))
	}
}
