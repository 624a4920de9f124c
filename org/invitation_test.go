package org_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/org/services"
)

// inviting asks for invitations of some addresses.
func inviting(roles []string, emails ...string) org.Input[org.NewInvitations] {
	in := org.NewInvitations{Into: []org.NewInvitedInto{{Roles: roles}}}
	for _, e := range emails {
		in.Invitees = append(in.Invitees, org.Invitee{Email: e})
	}
	return org.Given(in)
}

// invite makes one invitation into "default".
func (s *site) invite(t *testing.T, by, email string, roles ...string) org.Invitation {
	t.Helper()
	made, err := s.Invite.Create(t.Context(), s.as(t, by), "default", inviting(roles, email))
	if err != nil || len(made.Invitations) != 1 {
		t.Fatalf("invited %v, refused %v: %v", made.Invitations, made.Refused, err)
	}
	return made.Invitations[0]
}

func stranger(name string) org.Input[org.NewInvited] {
	return org.Given(org.NewInvited{Username: name, Password: "correct horse battery staple"})
}

// accepts accepts as a new account, and reports the kind of the error.
func (s *site) accepts(t *testing.T, link, name string) org.Kind {
	t.Helper()
	_, _, err := s.Invite.AcceptNew(t.Context(), org.Request{}, link, stranger(name))
	if err == nil {
		return 255
	}
	return org.KindOf(err)
}

const took org.Kind = 255

// TestInvitationOnce: of many who accept at once, one does; and a link that was used, replaced, revoked or is too old does
// not work.
func TestInvitationOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	one := s.invite(t, "oa", "new@example.com", "viewer")
	var won atomic.Int64
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if _, _, err := s.Invite.AcceptNew(t.Context(), org.Request{}, one.Secret, stranger(fmt.Sprintf("new-%d", i))); err == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d accepted, want one", won.Load())
	}
	old := s.invite(t, "oa", "old@example.com")
	s.clock.advance(org.InvitationLifetime + time.Second)
	revoked, replaced := s.invite(t, "oa", "revoked@example.com"), s.invite(t, "oa", "replaced@example.com")
	if err := s.Invite.Revoke(t.Context(), s.as(t, "oa"), "default", revoked.ID.String()); err != nil {
		t.Fatal(err)
	}
	again, err := s.Invite.Resend(t.Context(), s.as(t, "oa"), "default", replaced.ID.String(), false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Invite.Resend(t.Context(), s.as(t, "oa"), "default", replaced.ID.String(), false); org.KindOf(err) != org.TooMany {
		t.Errorf("resent at once: %v", err)
	}
	for name, link := range map[string]string{
		"used": one.Secret, "expired": old.Secret, "revoked": revoked.Secret, "replaced": replaced.Secret, "unknown": uuid.NewString() + "-X", "nonsense": "x",
	} {
		if got := s.accepts(t, link, "late"); got != org.NotFound {
			t.Errorf("%s: got %v", name, got)
		}
		if _, err := s.Invite.Open(t.Context(), nil, link); org.KindOf(err) != org.NotFound {
			t.Errorf("%s opened: %v", name, err)
		}
	}
	if got := s.accepts(t, again.Secret, "late"); got != took {
		t.Errorf("the new link: got %v", got)
	}
}

// TestInvitationRights: the maker's rights count when the invitation is made, and again when it is accepted.
func TestInvitationRights(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, by := range []string{"m", "dealer", "oau"} {
		if _, err := s.Invite.Create(t.Context(), s.as(t, by), "default", inviting(nil, "new@example.com")); org.KindOf(err) != org.Forbidden {
			t.Errorf("%s invites: %v", by, err)
		}
	}
	if _, err := s.Invite.Create(t.Context(), s.as(t, "x"), "default", inviting(nil, "new@example.com")); org.KindOf(err) != org.NotFound {
		t.Errorf("an outsider invites: %v", err)
	}
	if _, err := s.Invite.Create(t.Context(), s.as(t, "oua"), "default", inviting([]string{"viewer"}, "new@example.com")); org.KindOf(err) != org.Forbidden {
		t.Errorf("a role beyond the caller: %v", err)
	}
	made := s.invite(t, "oa", "new@example.com", "viewer")
	o := s.as(t, "o")
	if _, err := s.SetMemberRoles(t.Context(), o, "default", "oa", org.Given(org.RolesInput{})); err != nil {
		t.Fatal(err)
	}
	if got := s.accepts(t, made.Secret, "new"); got != org.Conflict {
		t.Errorf("of a demoted maker: got %v", got)
	}
	if _, err := s.Invite.Resend(t.Context(), o, "default", made.ID.String(), false); err != nil {
		t.Fatal(err)
	}
	s.Invite.SetPolicy(org.InvitationsOff)
	if _, err := s.Invite.Create(t.Context(), o, "default", inviting(nil, "more@example.com")); org.KindOf(err) != org.Forbidden {
		t.Errorf("switched off: %v", err)
	}
	s.Invite.SetPolicy(org.InvitationsBySite)
	if _, err := s.Invite.Create(t.Context(), s.as(t, "oua"), "default", inviting(nil, "more@example.com")); org.KindOf(err) != org.Forbidden {
		t.Errorf("by the site alone: %v", err)
	}
}

// TestInvitationAddress: it is for the account of its address, in any case, and for no other; what it gives says where it
// comes from.
func TestInvitationAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	made := s.invite(t, "oa", "X@Example.com", "viewer")
	if _, _, err := s.Invite.Accept(t.Context(), s.as(t, "pm"), made.Secret); org.KindOf(err) != org.Forbidden || !strings.Contains(err.Error(), "X…@Example.com") {
		t.Errorf("another account: %v", err)
	}
	if got := s.accepts(t, made.Secret, "other"); got != org.Conflict {
		t.Errorf("a new account of an address that has one: got %v", got)
	}
	if _, _, err := s.Invite.Accept(t.Context(), s.as(t, "x"), made.Secret); err != nil {
		t.Fatal(err)
	}
	rows := dbtest.Rows(t, s.place, "SELECT role, source, source_ref, given_by_name FROM member_roles WHERE username_key = 'x' ORDER BY role")
	want := fmt.Sprintf("[[organization-member invite %[1]s oa] [viewer invite %[1]s oa]]", made.ID)
	if got := fmt.Sprint(rows); got != want {
		t.Errorf("records %s, want %s", got, want)
	}
}

// TestInvitationShown: to look at an invitation changes nothing.
func TestInvitationShown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	made := s.invite(t, "oa", "new@example.com")
	before := fmt.Sprint(dbtest.Rows(t, s.place, "SELECT * FROM invitations"), dbtest.Rows(t, s.place, "SELECT count(*) FROM audit_logs"), dbtest.Rows(t, s.place, "SELECT value FROM revisions"))
	for range 20 {
		if offer, err := s.Invite.Open(t.Context(), nil, made.Secret); err != nil || offer.Into[0].Organization.Name != "default" {
			t.Fatalf("%+v: %v", offer, err)
		}
	}
	if after := fmt.Sprint(dbtest.Rows(t, s.place, "SELECT * FROM invitations"), dbtest.Rows(t, s.place, "SELECT count(*) FROM audit_logs"), dbtest.Rows(t, s.place, "SELECT value FROM revisions")); after != before {
		t.Errorf("before %s\nafter %s", before, after)
	}
}

// TestInvitationOfMany: a bad address leaves the others alone, also one with a name from right to left.
func TestInvitationOfMany(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	in, _ := inviting(nil, "no address", "m@example.com", "a0@example.com").Read()
	for i := range 97 {
		in.Invitees = append(in.Invitees, org.Invitee{Email: fmt.Sprintf("a%d@example.com", i), Name: []string{"نور الهدى", "Jürgen Groß"}[i%2]})
	}
	in.Invitees = in.Invitees[:100]
	made, err := s.Invite.Create(t.Context(), s.as(t, "oa"), "default", org.Given(in))
	if err != nil || len(made.Invitations) != 97 || len(made.Refused) != 3 {
		t.Fatalf("%d invited, refused %v: %v", len(made.Invitations), made.Refused, err)
	}
	in.Invitees = append(in.Invitees, org.Invitee{Email: "one@example.com"})
	if _, err := s.Invite.Create(t.Context(), s.as(t, "oa"), "default", org.Given(in)); org.KindOf(err) != org.Invalid {
		t.Errorf("101 addresses: %v", err)
	}
}

// TestInvitationCutOff: what a crash cut off is given later, once, and not if its maker may not give it any more.
func TestInvitationCutOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cut := func(name string) {
		t.Helper()
		made := s.invite(t, "oa", name+"@example.com", "viewer")
		if got := s.accepts(t, made.Secret, name); got != took {
			t.Fatalf("got %v", got)
		}
		if err := drop(s.RemoveMember(t.Context(), s.as(t, "o"), "default", name, nil)); err != nil {
			t.Fatal(err)
		}
		s.exec(t, "UPDATE invitation_grants SET applied_at = NULL")
		s.exec(t, "UPDATE invitations SET state = 'accepted'")
	}
	finish := func(want string) {
		t.Helper()
		for range 2 {
			if err := s.Invite.Finish(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := fmt.Sprint(dbtest.Rows(t, s.place, "SELECT username_key, roles FROM organization_members WHERE username_key IN ('cut', 'gone')")); got != want {
			t.Errorf("members %s, want %s", got, want)
		}
		if open := dbtest.Rows(t, s.place, "SELECT id FROM invitations WHERE state = 'accepted'"); len(open) > 0 {
			t.Errorf("%d are not finished", len(open))
		}
	}
	cut("cut")
	finish("[[cut viewer]]")
	cut("gone")
	if _, err := s.SetMemberRoles(t.Context(), s.as(t, "o"), "default", "oa", org.Given(org.RolesInput{})); err != nil {
		t.Fatal(err)
	}
	finish("[[cut viewer]]")
}

// TestInvitationAfterEnd: a member whose membership has ended is invited again, swept or not.
func TestInvitationAfterEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.exec(t, "DELETE FROM organization_members WHERE user_id = ?", id("m").String())
	s.join(t, home, "m")
	s.record(t, home, "m", org.RoleOrganizationUser, org.SourceManual, s.clock.still().Add(time.Hour))
	s.exec(t, "UPDATE revisions SET value = value + 1")
	made, err := s.Invite.Create(t.Context(), s.as(t, "oa"), "default", inviting(nil, "m@example.com"))
	if err != nil || len(made.Refused) != 1 {
		t.Fatalf("a member: invited %v, %v", made.Invitations, err)
	}
	s.clock.advance(2 * time.Hour)
	again := s.invite(t, "oa", "m@example.com", "viewer")
	if _, _, err := s.Invite.Accept(t.Context(), s.as(t, "m"), again.Secret); err != nil {
		t.Fatal(err)
	}
	if m, err := s.Member(t.Context(), s.as(t, "oa"), "default", "m"); err != nil || len(m.Roles) != 1 {
		t.Errorf("afterwards %+v: %v", m.Roles, err)
	}
}

// TestInvitationUseless: no new link is made for what could not be accepted.
func TestInvitationUseless(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	until := s.clock.still().Add(time.Hour)
	in, _ := inviting(nil, "short@example.com").Read()
	in.Until = &until
	short, err := s.Invite.Create(t.Context(), s.as(t, "oa"), "default", org.Given(in))
	if err != nil {
		t.Fatal(err)
	}
	gone := s.invite(t, "oa", "gone@example.com", "viewer")
	s.exec(t, "UPDATE invitation_grants SET role = 'no-such-role' WHERE role = 'viewer'")
	s.clock.advance(2 * time.Hour)
	for name, made := range map[string]org.Invitation{"its end has passed": short.Invitations[0], "its role is gone": gone} {
		if _, err := s.Invite.Resend(t.Context(), s.as(t, "oa"), "default", made.ID.String(), false); org.KindOf(err) != org.Conflict {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestInvitedWithoutPasswords: where a password would not let a stranger in, none is taken, and the invitation stays open.
func TestInvitedWithoutPasswords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	made := s.invite(t, "oa", "new@example.com")
	for _, policy := range []org.PasswordPolicy{org.PasswordsForNobody, org.PasswordsForOwners} {
		server := service{services.New(s.db, services.Options{Now: s.clock.now, HashCost: cheapHash, Passwords: policy})}
		_, _, err := server.Invite.AcceptNew(t.Context(), org.Request{}, made.Secret, stranger("newcomer"))
		kind(t, err, org.Forbidden)
	}
	if got := s.accepts(t, made.Secret, "newcomer"); got != took {
		t.Errorf("with passwords: %v", got)
	}
}
