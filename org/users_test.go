package org_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rolecall.example/org/account"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// robot is a service account: it costs no hash.
func robot(name string) org.NewUser {
	return org.NewUser{Username: name, Email: name + "@example.com", LoginType: org.LoginNone, OrganizationIDs: []uuid.UUID{home}}
}

var uuidNames = []string{
	"6ba7b8109dad11d180b400c04fd430c8", "6BA7B8109DAD11D180B400C04FD430C8", "00000000000000000000000000000000",
}

func TestUsernames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := s.as(t, "o")
	refusedNames := append([]string{
		"", "a_b", "-a", "a-", "a--b", "a b", "ä", "a.b", "a@b", "..", "o\u200b", strings.Repeat("a", 33),
		"me", "ME", "new", "New", "create", "CREATE", "roles", "Roles", "first", "login", "logout", "LogOut",
		"authmethods", "AuthMethods", "validate-password", "oidc-claims", "oauth2", "OIDC", "otp", "selection",
		"6ba7b810-9dad-11d1-80b4-00c04fd430c8", // longer than a name anyway
	}, uuidNames...)
	for _, name := range refusedNames {
		t.Run("refused "+name, func(t *testing.T) {
			in := robot("fine")
			in.Username = name
			entries := s.entries(t)
			_, err := s.CreateUser(t.Context(), o, given(in))
			if e := kind(t, err, org.Invalid); len(e.Fields) != 1 || e.Fields[0].Field != "username" {
				t.Errorf("%v", e)
			}
			if name != "" {
				_, err = s.UpdateProfile(t.Context(), o, "m", given(org.Profile{Username: name}))
				kind(t, err, org.Invalid)
			}
			if s.entries(t) > entries+1 || s.text(t, "SELECT username FROM users WHERE id = ?", id("m").String()) != "m" {
				t.Error("something was written")
			}
		})
	}
	for _, name := range []string{"a", "A-1", strings.Repeat("z", 32), "newer", "me2", "owner", "default", "6ba7b8109dad11d180b400c04fd430c", "organization-admin"} {
		u, err := s.CreateUser(t.Context(), o, given(robot(name)))
		if err != nil || u.Username != name {
			t.Errorf("%q: %q, %v", name, u.Username, err)
		}
	}
	// Taken, in any case; kept as typed.
	taken := &org.Error{Kind: org.Conflict, Message: "User already exists.", Detail: "The username or the e-mail address is taken."}
	for _, in := range []org.NewUser{
		{Username: "VIEWER", Email: "new@example.com"}, {Username: "fresh", Email: "VIEWER@Example.COM"}, {Username: "sue", Email: "new@example.com"},
	} {
		in.LoginType, in.OrganizationIDs = org.LoginNone, []uuid.UUID{home}
		s.refused(t, taken, 0, func() error { return drop(s.CreateUser(t.Context(), o, given(in))) })
	}
	u, err := s.CreateUser(t.Context(), o, given(org.NewUser{Username: "CamelCase", Email: "Camel@Example.com", LoginType: org.LoginNone, OrganizationIDs: []uuid.UUID{home}}))
	if err != nil || u.Username != "CamelCase" || u.Email != "Camel@Example.com" {
		t.Errorf("%+v, %v", u, err)
	}
	if found, err := s.User(t.Context(), o, "cAMELcASE"); err != nil || found.ID != u.ID {
		t.Errorf("found %v (%v)", found.ID, err)
	}
	s.clock.advance(time.Hour) // so many refusals are not recorded one by one
	s.refused(t, &org.Error{Kind: org.Conflict, Message: "User already exists.", Fields: []org.Field{{Field: "username", Detail: "This value is already in use and should be unique."}}}, 1,
		func() error {
			return drop(s.UpdateProfile(t.Context(), o, "m", given(org.Profile{Username: "Viewer"})))
		})
}

func TestCreateUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	var u org.User
	row := s.accepted(t, entry{Actor: "ua", Action: "create", Type: "user", Target: "robot", Organization: uuid.Nil, Status: 201, Fields: []string{"email", "login_type", "name", "organization_ids", "status", "username"}}, func() (err error) {
		in := robot("robot")
		in.Name, in.OrganizationIDs = "  R. Obot ", []uuid.UUID{home, beta, home, uuid.Nil}
		u, err = s.CreateUser(ctx, s.as(t, "ua"), given(in))
		return err
	})
	if u.Name != "R. Obot" || u.Status != org.StatusActive || !u.ServiceAccount() || len(u.OrganizationIDs) != 2 || len(u.Roles) != 0 || !u.LastSeenAt.IsZero() {
		t.Errorf("%+v", u)
	}
	if diff := cmp.Diff([]any{home.String(), beta.String()}, row.Changes["organization_ids"].New); diff != "" {
		t.Error(diff)
	}
	mine := func(in org.NewUser) org.Input[org.NewUser] { return given(in) }
	valid := robot("fine")
	with := func(change func(*org.NewUser)) org.NewUser {
		in := valid
		change(&in)
		return in
	}
	fields := func(fields ...string) *org.Error {
		e := &org.Error{Kind: org.Invalid, Message: "Validation failed."}
		for i := 0; i < len(fields); i += 2 {
			e.Fields = append(e.Fields, org.Field{Field: fields[i], Detail: fields[i+1]})
		}
		return e
	}
	says := func(message string, e *org.Error) *org.Error { e.Message = message; return e }
	const (
		badMail    = "must be a valid e-mail address"
		noLogin    = "Service accounts must use login type 'none'."
		noPassword = "Password cannot be set for service accounts."
		noEmail    = "Email cannot be set for service accounts."
	)
	unknown := uuid.New()
	for _, c := range []struct {
		why  string
		by   string
		in   org.NewUser
		want *org.Error
	}{
		{"no address", "o", with(func(u *org.NewUser) { u.Email = "" }), fields("email", badMail)},
		{"no domain", "o", with(func(u *org.NewUser) { u.Email = "fine" }), fields("email", badMail)},
		{"a name with an address", "o", with(func(u *org.NewUser) { u.Email = "Fine <fine@example.com>" }), fields("email", badMail)},
		{"two addresses", "o", with(func(u *org.NewUser) { u.Email = "a@example.com,b@example.com" }), fields("email", badMail)},
		{"two lines", "o", with(func(u *org.NewUser) { u.Email = "a@example.com\nb@example.com" }), fields("email", badMail)},
		{"space after", "o", with(func(u *org.NewUser) { u.Email = "a@example.com " }), fields("email", badMail)},
		{"long name", "o", with(func(u *org.NewUser) { u.Name = strings.Repeat("x", 129) }), fields("name", "must be <= 128 characters")},
		{"control characters", "o", with(func(u *org.NewUser) { u.Name = "a\x00b" }), fields("name", "must not contain control characters")},
		{"password of a service account", "o", with(func(u *org.NewUser) { u.Password = "correct horse battery" }),
			&org.Error{Kind: org.Invalid, Message: "Password is invalid", Fields: []org.Field{{Field: "password", Detail: "must be empty for a service account"}}}},
		{"no provider", "o", with(func(u *org.NewUser) { u.LoginType = "oidc" }),
			says("You must configure OIDC before creating OIDC users.", fields("login_type", `"oidc" is not supported: use "password" or "none"`))},
		{"unknown login type", "o", with(func(u *org.NewUser) { u.LoginType = "github" }),
			says(`Unsupported login type "github" for manually creating new users.`, fields("login_type", `"github" is not supported: use "password" or "none"`))},
		{"service account that signs in", "o", with(func(u *org.NewUser) {
			u.Service, u.LoginType, u.Username = true, "password", "me"
		}), says(noLogin, fields("username", `cannot use "me" as a name`, "login_type", noLogin, "email", noEmail))},
		{"service account with a password", "o", with(func(u *org.NewUser) { u.Service, u.LoginType, u.Password = true, "", "x" }),
			says(noPassword, fields("password", noPassword, "email", noEmail))},
		{"service account with an address", "o", with(func(u *org.NewUser) { u.Service = true }), says(noEmail, fields("email", noEmail))},
		{"suspended from birth", "o", with(func(u *org.NewUser) { u.Status = "suspended" }), fields("user_status", `"suspended" is not one of "active", "dormant"`)},
		{"short password", "o", with(func(u *org.NewUser) { u.LoginType, u.Password = "", "short" }),
			&org.Error{Kind: org.Invalid, Message: "Password is invalid", Fields: []org.Field{{Field: "password", Detail: "must be >= 8 characters"}}}},
		{"all wrong", "o", org.NewUser{Username: "me", Email: "x", Password: "password"},
			fields("email", badMail, "username", `cannot use "me" as a name`, "password", "is among the commonest passwords: choose another")},
		{"no organization", "o", with(func(u *org.NewUser) { u.OrganizationIDs = nil }), &org.Error{Kind: org.Invalid,
			Message: "No organization specified to place the user as a member of. It is required to specify at least one organization id to place the user in.",
			Detail:  "required at least 1 value for the array 'organization_ids'",
			Fields:  []org.Field{{Field: "organization_ids", Detail: "Missing values, this cannot be empty"}}}},
		{"unknown roles", "o", with(func(u *org.NewUser) {
			u.Username, u.Roles = "viewer", []string{"auditor", "gone", "organization-admin"}
		}),
			says(`"gone" is not a supported role`, fields("roles[1]", `"gone" is not a supported role`, "roles[2]", `"organization-admin" is not a supported role`))},
		{"a role that the caller does not hand out", "ua", with(func(u *org.NewUser) { u.Roles = []string{"auditor", "owner"} }),
			&org.Error{Kind: org.Forbidden, Message: `not authorized to assign role "auditor"`,
				Detail: "You can only assign or remove roles whose permissions you have, and built-in roles that your roles let you assign.",
				Fields: []org.Field{{Field: "roles", Detail: `not authorized to assign role "auditor"`}, {Field: "roles", Detail: `not authorized to assign role "owner"`}}}},
		{"taken, in an unknown organization", "o", with(func(u *org.NewUser) { u.Email, u.OrganizationIDs = "VIEWER@example.com", []uuid.UUID{unknown} }),
			&org.Error{Kind: org.Conflict, Message: "User already exists.", Detail: "The username or the e-mail address is taken."}},
		{"unknown organization", "o", with(func(u *org.NewUser) { u.OrganizationIDs = []uuid.UUID{home, unknown} }),
			&org.Error{Kind: org.NotFound, Message: `Organization does not exist with the provided id "` + unknown.String() + `".`}},
	} {
		t.Run(c.why, func(t *testing.T) {
			s.refused(t, c.want, 0, func() error { return drop(s.CreateUser(ctx, s.as(t, c.by), mine(c.in))) })
		})
	}
	for _, by := range []string{"ta", "au", "oa", "oua", "m", "x"} {
		s.refused(t, &org.Error{Kind: org.Forbidden, Message: "You are not authorized to create users."}, 0,
			func() error { return drop(s.CreateUser(ctx, s.as(t, by), unread[org.NewUser](t))) })
	}
	// Each organization needs the rights of its own.
	s = deskSite(t)
	s.store(t, "desk", "site", "organization:read")
	s.refused(t, &org.Error{Kind: org.Forbidden, Message: "You are not authorized to create users.", Detail: "You may not add members to Acme."}, 0,
		func() error { return drop(s.CreateUser(ctx, s.as(t, "desk"), given(robot("fine")))) })
}

// Roles are given with the account, in one change; who could not give them makes no account.
func TestCreateUserWithRoles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var u org.User
	row := s.accepted(t, entry{Actor: "o", Action: "create", Type: "user", Target: "robot", Organization: uuid.Nil, Status: 201,
		Fields: []string{"email", "login_type", "name", "organization_ids", "rbac_roles", "status", "username"}}, func() (err error) {
		in := robot("robot")
		in.Roles = []string{"user-admin", "member", "auditor", "auditor"}
		u, err = s.CreateUser(t.Context(), s.as(t, "o"), given(in))
		return err
	})
	if diff := cmp.Diff([]any{"auditor", "user-admin"}, row.Changes["rbac_roles"].New); diff != "" || len(u.Roles) != 2 {
		t.Errorf("%+v\n%s", u.Roles, diff)
	}
	if by, err := s.UserSubject(t.Context(), u.ID); err != nil || !by.Can("create", org.UsersObject) {
		t.Errorf("the roles give nothing (%v)", err)
	}
}

// Service accounts have no e-mail address, and there can be any number of them. Nothing finds them by their id as one.
func TestServiceAccounts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	var u org.User
	for _, name := range []string{"ci-one", "ci-two"} {
		s.accepted(t, entry{Actor: "o", Action: "create", Type: "user", Target: name, Organization: uuid.Nil, Status: 201, Fields: []string{"login_type", "name", "organization_ids", "status", "username"}}, func() (err error) {
			u, err = s.CreateUser(ctx, s.as(t, "o"), given(org.NewUser{Username: name, Service: true, OrganizationIDs: []uuid.UUID{home}}))
			return err
		})
		if u.Email != "" || u.LoginType != org.LoginNone || u.Status != org.StatusActive || !u.MadeForService() {
			t.Errorf("%+v", u)
		}
	}
	if bot, err := s.User(ctx, s.as(t, "o"), "bot"); err != nil || bot.MadeForService() {
		t.Errorf("an account without a login, but with an address: %+v, %v", bot, err)
	}
	for _, q := range []string{u.ID.String(), "@"} {
		list, err := s.Users(ctx, s.as(t, "o"), org.UserFilter{Query: q})
		if err != nil || slices.ContainsFunc(list.Users, func(o org.User) bool { return o.ID == u.ID }) {
			t.Errorf("%q finds %+v, %v", q, list, err)
		}
	}
	_, err := s.LoginToken(ctx, org.Request{}, u.ID.String(), "", "")
	kind(t, err, org.Unauthenticated)
	if _, err := s.UpdateProfile(ctx, s.as(t, "o"), "ci-two", given(org.Profile{Username: "ci-three"})); err != nil {
		t.Error(err)
	}
	if _, err := s.DeleteUser(ctx, s.as(t, "o"), "ci-three", nil); err != nil {
		t.Error(err)
	}
}

// Clients take the first organization of an account as the place for what they make.
func TestOrderOfOrganizations(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ids := []uuid.UUID{home}
	for _, name := range []string{"zulu", "Alpha", "mike"} {
		o, err := s.CreateOrganization(t.Context(), s.as(t, "o"), given(org.OrganizationInput{Name: name}))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, o.ID)
	}
	in := robot("robot")
	in.OrganizationIDs = []uuid.UUID{ids[3], ids[1], ids[0], ids[2]}
	u, err := s.CreateUser(t.Context(), s.as(t, "o"), given(in))
	if want := []uuid.UUID{ids[0], ids[2], ids[3], ids[1]}; err != nil || !slices.Equal(u.OrganizationIDs, want) {
		t.Errorf("%v, %v, want %v", u.OrganizationIDs, err, want)
	}
}

// The address of a picture is stored as it is, and stays where it is not named.
func TestAvatars(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	set := func(address *string) (org.User, error) {
		return s.UpdateProfile(ctx, s.as(t, "m"), "me", given(org.Profile{Name: "M", AvatarURL: address}))
	}
	long := "https://example.com/" + strings.Repeat("a", 2048-len("https://example.com/"))
	for _, address := range []string{"https://example.com/a.png?s=1", long, ""} {
		u, err := set(&address)
		if err != nil || u.AvatarURL != address {
			t.Errorf("%.40q: %.40q, %v", address, u.AvatarURL, err)
		}
		if u, err = set(nil); err != nil || u.AvatarURL != address {
			t.Errorf("kept: %.40q, %v", u.AvatarURL, err)
		}
		if m, err := s.Member(ctx, s.as(t, "o"), "default", "m"); err != nil || m.AvatarURL != address {
			t.Errorf("the member has %.40q, %v", m.AvatarURL, err)
		}
	}
	for _, address := range []string{"http://example.com/a", "//example.com/a", "data:image/png;base64,AA", "javascript:alert(1)", "https://", "https://me:secret@example.com/", long + "a", " https://example.com", "https://exa\nmple.com/"} {
		_, err := set(&address)
		if e := kind(t, err, org.Invalid); len(e.Fields) != 1 || e.Fields[0].Field != "avatar_url" {
			t.Errorf("%.40q: %v", address, e)
		}
	}
}

// A deleted user is unknown, loses everything and frees its name; who is made again gets nothing back.
func TestDeletedUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	o := s.as(t, "o")
	s.exec(t, "INSERT INTO user_roles (user_id, role) VALUES (?, 'auditor')", id("viewer").String())
	token, _, err := s.CreateToken(ctx, s.as(t, "viewer"), "me", given(org.TokenInput{Name: "mine"}))
	if err != nil {
		t.Fatal(err)
	}
	store := account.NewSessionStore(s.db, s.clock.now)
	session := s.session(t, "viewer")
	var deleted org.User
	s.accepted(t, entry{Actor: "o", Action: "delete", Type: "user", Target: "viewer", Organization: uuid.Nil, Status: 200, Fields: []string{"email", "name", "organization_ids", "rbac_roles", "status", "username"}}, func() (err error) {
		deleted, err = s.DeleteUser(ctx, o, "VIEWER", nil)
		return err
	})
	if deleted.Username != "viewer" || len(deleted.Roles) != 1 {
		t.Errorf("%+v", deleted)
	}
	for _, ref := range []string{"viewer", id("viewer").String()} {
		same(t, drop(s.User(ctx, o, ref)), badUser(ref))
		same(t, drop(s.AddMember(ctx, o, "beta", ref)), badUser(ref))
		same(t, drop(s.Member(ctx, o, "default", ref)), badUser(ref))
	}
	if _, err := s.TokenSubject(ctx, org.Request{}, token); org.KindOf(err) != org.Unauthenticated {
		t.Errorf("its token: %v", err)
	}
	if _, err := s.UserSubject(ctx, id("viewer")); org.KindOf(err) != org.Unauthenticated {
		t.Errorf("its session: %v", err)
	}
	if _, found, err := store.FindCtx(ctx, session); found || err != nil {
		t.Errorf("its session is still stored (%v)", err)
	}
	for _, table := range []string{"user_roles", "organization_members", "member_roles", "api_keys", "sessions"} {
		if n := s.number(t, "SELECT count(*) FROM "+table+" WHERE user_id = ?", id("viewer").String()); n != 0 {
			t.Errorf("%d rows of it left in %s", n, table)
		}
	}
	again, err := s.CreateUser(ctx, o, given(robot("Viewer")))
	if err != nil {
		t.Fatal(err)
	}
	if again.ID == id("viewer") || len(again.Roles) > 0 {
		t.Errorf("%+v", again)
	}
	m, err := s.Member(ctx, o, "default", "viewer")
	if err != nil || len(m.Roles) > 0 || m.UserID != again.ID {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := s.TokenSubject(ctx, org.Request{}, token); org.KindOf(err) != org.Unauthenticated {
		t.Errorf("the old token opens the new account: %v", err)
	}
}

// Another e-mail address takes the right to update accounts, for one's own account too.
func TestUpdateEmail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	with := func(email string) org.Input[org.Profile] { return given(org.Profile{Name: "Em", Email: &email}) }
	own, err := s.User(t.Context(), s.as(t, "m"), "me")
	if err != nil {
		t.Fatal(err)
	}
	owner, err := s.User(t.Context(), s.as(t, "o"), "me")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		by, of, email string
		want          org.Kind
	}{
		{"m", "me", "elsewhere@example.com", org.Forbidden},
		{"m", "me", own.Email, 0},
		{"ua", "m", "no address", org.Invalid},
		{"ua", "m", owner.Email, org.Conflict},
		{"ua", "o", "taken-over@example.com", org.Forbidden}, // R1
		{"ua", "m", "Elsewhere@example.com", 0},
	} {
		u, err := s.UpdateProfile(t.Context(), s.as(t, tt.by), tt.of, with(tt.email))
		if tt.want != 0 {
			kind(t, err, tt.want)
		} else if err != nil || u.Email != tt.email {
			t.Errorf("%s of %s to %q: %q, %v", tt.by, tt.of, tt.email, u.Email, err)
		}
	}
	// The old address is free, and the new one is found without regard to case.
	if _, err := s.UpdateProfile(t.Context(), s.as(t, "o"), "viewer", with(own.Email)); err != nil {
		t.Error(err)
	}
	_, err = s.UpdateProfile(t.Context(), s.as(t, "o"), "viewer", with("elsewhere@EXAMPLE.com"))
	kind(t, err, org.Conflict)
}

func TestUpdateProfile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	var u org.User
	row := s.accepted(t, entry{Actor: "ua", Action: "write", Type: "user", Target: "m", Organization: uuid.Nil, Status: 200, Fields: []string{"name", "username"}}, func() (err error) {
		u, err = s.UpdateProfile(ctx, s.as(t, "ua"), "m", given(org.Profile{Username: "Zoe", Name: "Zoë"}))
		return err
	})
	if u.Username != "Zoe" || u.Name != "Zoë" || row.Changes["username"].Old != "m" || row.Changes["username"].New != "Zoe" {
		t.Errorf("%+v, recorded %+v", u, row.Changes)
	}
	list := s.both(t, s.as(t, "o"), "default", org.MemberFilter{})
	if last := list.Members[len(list.Members)-1]; last.Username != "Zoe" {
		t.Errorf("the list ends with %s", last.Username)
	}
	if list := s.both(t, s.as(t, "o"), "default", org.MemberFilter{Query: "zoë"}); list.Count != 1 {
		t.Errorf("found %d by the new name", list.Count)
	}
	if list := s.both(t, s.as(t, "o"), "default", org.MemberFilter{Query: "name of m"}); list.Count != 1 { // maker is left
		t.Errorf("found %d by the old name", list.Count)
	}
	s.unchanged(t, func() error {
		return drop(s.UpdateProfile(ctx, s.as(t, "ua"), "zoe", given(org.Profile{Username: "Zoe", Name: "Zoë"})))
	})
	// An empty username stays, another case of the own one is fine, and the old name is free.
	for _, in := range []org.Profile{{Name: "Z"}, {Username: "ZOE", Name: "Z"}} {
		if _, err := s.UpdateProfile(ctx, s.as(t, "m"), "me", given(in)); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.UpdateProfile(ctx, s.as(t, "ua"), "x", given(org.Profile{Username: "M"})); err != nil {
		t.Error(err)
	}
	for _, name := range []string{" a", "a ", "a\nb", strings.Repeat("é", 129)} {
		kind(t, drop(s.UpdateProfile(ctx, s.as(t, "m"), "me", given(org.Profile{Name: name}))), org.Invalid)
	}
	s.refused(t, errBody, 1, func() error { return drop(s.UpdateProfile(ctx, s.as(t, "m"), "me", broken[org.Profile]())) })
}

func TestUsersQuery(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	s.exec(t, "UPDATE users SET last_seen_at = ? WHERE id = ?", time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC), id("x").String())
	s.exec(t, "UPDATE users SET created_at = ? WHERE id = ?", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), id("pm").String())
	all := "au bot curbed dealer Dora m maker o oa oau ota oua pa pm reader Sue ta ua viewer x"
	find := func(q string) (string, int, error) {
		list, err := s.Users(ctx, s.as(t, "oa"), org.UserFilter{Query: q})
		var names []string
		for _, u := range list.Users {
			names = append(names, u.Username)
		}
		return strings.Join(names, " "), list.Count, err
	}
	for q, want := range map[string]string{
		"": all, "UA": "oua ua", "search:viewer": "viewer", "status:suspended": "Sue", "status:suspended,dormant": "Dora Sue", "Status:SUSPENDED": "Sue",
		"role:owner": "o", "role:auditor,user-admin": "au ua", "role:member": all, "role:member,owner": all, "role:nonsense": "", "login_type:none": "bot",
		"login_type:github": "", "github_com_user_id:1": "", `search:"name of v"`: "viewer", `"name of v"`: "viewer", "created_before:2026-02-01T00:00:00Z": "pm",
		`created_before:"2026-02-01T00:00:00Z"`: "pm", "last_seen_after:2026-02-01T00:00:00Z": "x", "last_seen_after:2026-02-01T00:00:00Z status:dormant": "",
		"status:active role:owner o": "o", "%": "", "email:x": "!", "a b": "!", "status:": "!", ":active": "!", "a:b:c": "!", "created_before:yesterday": "!", "status:active status:dormant": "!",
	} {
		got, count, err := find(q)
		if want == "!" {
			if e := kind(t, err, org.Invalid); e.Message != "Invalid user search query." || len(e.Fields) != 1 {
				t.Errorf("%q: %v", q, e)
			}
			continue
		}
		if err != nil || got != want || count != len(strings.Fields(want)) {
			t.Errorf("%q finds %q (count %d, %v), want %q", q, got, count, err, want)
		}
	}
	page, err := s.Users(ctx, s.as(t, "o"), org.UserFilter{Limit: 2, Offset: 1})
	if err != nil || page.Count != 20 || len(page.Users) != 2 || page.Users[0].Username != "bot" {
		t.Errorf("%+v, %v", page, err)
	}
	page, err = s.Users(ctx, s.as(t, "o"), org.UserFilter{AfterID: id("ua")})
	if err != nil || len(page.Users) != 2 || page.Users[0].Username != "viewer" {
		t.Errorf("after ua: %+v, %v", page, err)
	}
	if page, err = s.Users(ctx, s.as(t, "o"), org.UserFilter{Offset: 20}); err != nil || len(page.Users) != 0 || page.Users == nil {
		t.Errorf("past the end: %+v, %v", page, err)
	}
}

func TestUserOrder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	list := func(sort string) []string {
		t.Helper()
		page, err := s.Users(t.Context(), s.as(t, "o"), org.UserFilter{Sort: sort})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, u := range page.Users {
			names = append(names, u.Username)
		}
		return names
	}
	// Each key has an order of its own: of 20 users, the step has no factor in common with their number.
	users := list("")
	by := func(step int) []string {
		order := make([]string, len(users))
		for i, u := range users {
			order[i*step%len(users)] = u
		}
		return order
	}
	for i, u := range users {
		at := func(step int) string { return fmt.Sprintf("2026-01-01 00:00:%02d+00:00", i*step%len(users)) }
		s.exec(t, "UPDATE users SET name_key = ?, email_key = ?, created_at = ?, last_seen_at = ? WHERE username = ?",
			fmt.Sprintf("%02d", i*3%len(users)), fmt.Sprintf("%02d", i*7%len(users)), at(9), at(11), u)
	}
	s.exec(t, "UPDATE users SET last_seen_at = NULL WHERE username = ?", by(11)[0]) // never seen
	for key, want := range map[string][]string{
		"username": users, "name": by(3), "email": by(7), "created_at": by(9), "last_seen_at": by(11),
	} {
		if diff := cmp.Diff(want, list(key)); diff != "" {
			t.Errorf("sorted by %q:\n%s", key, diff)
		}
		down := list("-" + key)
		slices.Reverse(down)
		if diff := cmp.Diff(want, down); diff != "" {
			t.Errorf("sorted by %q downwards:\n%s", key, diff)
		}
	}
	for _, f := range []org.UserFilter{{Sort: "password_hash"}, {Sort: "-"}, {Sort: "name", AfterID: id("ua")}, {Sort: "-username", AfterID: id("ua")}} {
		_, err := s.Users(t.Context(), s.as(t, "o"), f)
		if e := kind(t, err, org.Invalid); len(e.Fields) != 1 || e.Message != "Query parameters have invalid values." {
			t.Errorf("%+v: %v", f, e)
		}
	}
}

func TestUserRolesAndOrganizations(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	s.join(t, beta, "oa")
	got, err := s.UserRoles(ctx, s.as(t, "o"), "oa")
	want := org.UserRoleNames{Roles: []string{}, Organizations: map[uuid.UUID][]string{home: {"organization-admin"}, beta: {}}}
	if diff := cmp.Diff(want.Organizations, got.Organizations); diff != "" || err != nil || len(got.Roles) != 0 {
		t.Errorf("%v\n%s", err, diff)
	}
	if got, err := s.UserRoles(ctx, s.as(t, "reader"), "me"); err != nil || strings.Join(got.Roles, " ") != "site-reader" || len(got.Organizations) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, by := range []string{"ta", "au", "oa", "oua"} { // they read users, but nothing personal
		same(t, drop(s.UserRoles(ctx, s.as(t, by), "m")), notFound)
	}
	for by, want := range map[string]int{"o": 2, "oa": 2, "pa": 1, "oua": 1} {
		list, err := s.UserOrganizations(ctx, s.as(t, by), "oa")
		if err != nil || len(list) != want {
			t.Errorf("%s sees %d organizations of oa (%v), want %d", by, len(list), err, want)
		}
	}
}

func TestOrganizations(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	names := func(by string) string {
		list, err := s.Organizations(ctx, s.as(t, by))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, o := range list {
			out = append(out, o.Name)
		}
		return strings.Join(out, " ")
	}
	for by, want := range map[string]string{"o": "Beta default", "ua": "Beta default", "ta": "Beta default", "au": "Beta default", "oa": "default", "m": "default", "pm": "Beta", "x": ""} {
		if got := names(by); got != want {
			t.Errorf("%s sees %q, want %q", by, got, want)
		}
	}
	for _, ref := range []string{"default", uuid.Nil.String(), home.String(), strings.ToUpper(home.String()), "urn:uuid:" + home.String(), "{" + home.String() + "}", strings.ReplaceAll(home.String(), "-", ""), "DEFAULT"} {
		if got, err := s.Organization(ctx, s.as(t, "m"), ref); err != nil || got.ID != home {
			t.Errorf("%q: %v, %v", ref, got.ID, err)
		}
	}
	for _, ref := range []string{"", "Beta Ltd", "Acme", "defaul", "beta ", "%"} {
		same(t, drop(s.Organization(ctx, s.as(t, "o"), ref)), notFound)
	}
}

func TestCreateOrganization(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	icon := "/icon.svg"
	var made org.Organization
	s.accepted(t, entry{Actor: "o", Action: "create", Type: "organization", Target: "Gamma", Organization: uuid.Nil, Status: 201, Fields: []string{"display_name", "icon", "name"}}.of(&made), func() (err error) {
		made, err = s.CreateOrganization(ctx, s.as(t, "o"), given(org.OrganizationInput{Name: "Gamma", Icon: &icon}))
		return err
	})
	if made.DisplayName != "Gamma" || made.MemberCount != 1 || made.IsDefault || !s.isMember(t, made.ID, "o") || s.memberRoles(t, made.ID, "o") != "" {
		t.Errorf("%+v", made)
	}
	for _, by := range []string{"ua", "ta", "au", "oa", "m", "x"} {
		s.refused(t, forbid, 0, func() error { return drop(s.CreateOrganization(ctx, s.as(t, by), unread[org.OrganizationInput](t))) })
	}
	for _, name := range append([]string{"", "a_b", "a b", "new", "create", strings.Repeat("a", 33), "-"}, uuidNames...) {
		_, err := s.CreateOrganization(ctx, s.as(t, "o"), given(org.OrganizationInput{Name: name}))
		if e := kind(t, err, org.Invalid); e.Message != "Validation failed." || e.Fields[0].Field != "name" {
			t.Errorf("%q: %v", name, e)
		}
	}
	for _, name := range []string{"default", "Default"} {
		s.refused(t, &org.Error{Kind: org.Invalid, Message: `Organization name "default" is reserved.`, Fields: []org.Field{{Field: "name", Detail: "is reserved"}}}, 0,
			func() error {
				return drop(s.CreateOrganization(ctx, s.as(t, "o"), given(org.OrganizationInput{Name: name})))
			})
	}
	for _, name := range []string{"BETA", "gamma"} {
		s.refused(t, &org.Error{Kind: org.Conflict, Message: `Organization already exists with the name "` + name + `".`,
			Fields: []org.Field{{Field: "name", Detail: "This value is already in use and should be unique."}}}, 0,
			func() error {
				return drop(s.CreateOrganization(ctx, s.as(t, "o"), given(org.OrganizationInput{Name: name})))
			})
	}
}

// of fills the organization of an entry in once it is known.
func (e entry) of(o *org.Organization) entry { e.later = o; return e }

func TestUpdateAndDeleteOrganization(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	text := "all of it"
	s.accepted(t, entry{Actor: "pa", Action: "write", Type: "organization", Target: "Beta", Organization: beta, Status: 200, Fields: []string{"description", "name"}}, func() error {
		return drop(s.UpdateOrganization(ctx, s.as(t, "pa"), "beta", given(org.OrganizationInput{Name: "Better", Description: &text}), nil))
	})
	got, err := s.Organization(ctx, s.as(t, "pm"), "better")
	if err != nil || got.DisplayName != "Beta Ltd" || got.Description != text || !got.UpdatedAt.After(start) {
		t.Errorf("%+v, %v", got, err)
	}
	s.unchanged(t, func() error {
		return drop(s.UpdateOrganization(ctx, s.as(t, "pa"), "better", given(org.OrganizationInput{Name: "Better", Description: &text}), nil))
	})
	for _, by := range []string{"ua", "ta", "au"} {
		s.refused(t, forbid, 1, func() error {
			return drop(s.UpdateOrganization(ctx, s.as(t, by), "better", unread[org.OrganizationInput](t), nil))
		})
		s.refused(t, forbid, 1, func() error { return drop(s.DeleteOrganization(ctx, s.as(t, by), "better", nil)) })
	}
	s.refused(t, forbid, 1, func() error {
		return drop(s.UpdateOrganization(ctx, s.as(t, "pm"), "better", unread[org.OrganizationInput](t), nil))
	})
	kind(t, drop(s.UpdateOrganization(ctx, s.as(t, "o"), "default", given(org.OrganizationInput{Name: "other"}), nil)), org.Invalid)
	kind(t, drop(s.UpdateOrganization(ctx, s.as(t, "o"), "better", given(org.OrganizationInput{Name: "DEFAULT"}), nil)), org.Invalid)
	if _, err := s.UpdateOrganization(ctx, s.as(t, "o"), "default", given(org.OrganizationInput{DisplayName: "Renamed"}), nil); err != nil {
		t.Error(err)
	}

	s.refused(t, &org.Error{Kind: org.Invalid, Message: "Default organization cannot be deleted."}, 1, func() error { return drop(s.DeleteOrganization(ctx, s.as(t, "o"), "default", nil)) })
	full := func(detail string) *org.Error {
		return &org.Error{Kind: org.Invalid, Message: "Organization is not empty.", Detail: detail}
	}
	s.refused(t, full("Beta Ltd has 1 other member and 1 custom role. Remove them first."), 1, func() error { return drop(s.DeleteOrganization(ctx, s.as(t, "pa"), "better", nil)) })
	s.refused(t, full("Beta Ltd has 2 other members and 1 custom role. Remove them first."), 1, func() error { return drop(s.DeleteOrganization(ctx, s.as(t, "o"), "better", nil)) })
	if _, err := s.RemoveMember(ctx, s.as(t, "pa"), "better", "pm", nil); err != nil {
		t.Fatal(err)
	}
	s.refused(t, full("Beta Ltd has 1 custom role. Remove them first."), 1, func() error { return drop(s.DeleteOrganization(ctx, s.as(t, "pa"), "better", nil)) })
	if _, err := s.DeleteRole(ctx, s.as(t, "pa"), org.In("better"), "beta-only", nil); err != nil {
		t.Fatal(err)
	}
	s.accepted(t, entry{Actor: "pa", Action: "delete", Type: "organization", Target: "Better", Organization: beta, Status: 200, Fields: []string{"description", "display_name", "name"}}, func() error {
		return drop(s.DeleteOrganization(ctx, s.as(t, "pa"), "better", nil))
	})
	same(t, drop(s.Organization(ctx, s.as(t, "o"), "better")), notFound)
	if s.as(t, "pa").Can("read", rbac.Object{Type: "organization", Org: beta}) {
		t.Error("its admin may still read it")
	}
}
