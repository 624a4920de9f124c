package client_test

import (
	"encoding/base32"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org/factor"
	"rolecall.example/web/webtest"
)

func (s *session) users() {
	home := s.site.Organizations[webtest.Default].ID
	u, err := s.CreateUser(s.ctx, client.CreateUserRequest{
		Email: "grace@example.com", Username: "grace", Name: "Grace", Password: webtest.Password, Status: client.StatusActive, OrganizationIDs: []uuid.UUID{home},
	})
	if must(s, u, err); u.Status != client.StatusActive || u.LoginType != client.LoginPassword {
		s.Errorf("CreateUser = %+v, want an active account with a password", u)
	}
	var tag string
	u, err = s.User(s.ctx, "grace", client.GetETag(&tag))
	must(s, u, err)
	u, err = s.UpdateProfile(s.ctx, "grace", client.ProfileRequest{Username: "hopper", Name: "Grace Hopper"}, client.IfMatch(tag))
	if must(s, u, err); u.Username != "hopper" {
		s.Errorf("UpdateProfile = %+v, want hopper", u)
	}
	s.ok(s.SetPassword(s.ctx, "hopper", client.PasswordRequest{Password: "another long password"}))
	i, err := s.PreviewUserRoles(s.ctx, "hopper", []string{"auditor"})
	if must(s, i, err); !i.DryRun || i.Members != 1 || len(i.Gains) == 0 {
		s.Errorf("PreviewUserRoles = %+v, want gains of one account", i)
	}
	u, err = s.SetUserRoles(s.ctx, "hopper", []string{"auditor"})
	if must(s, u, err); len(u.Roles) != 1 {
		s.Errorf("SetUserRoles = %+v, want one role", u)
	}
	names, err := s.UserRoles(s.ctx, "hopper")
	if must(s, names, err); !slices.Equal(names.Roles, []string{"auditor"}) || names.Organizations[home] == nil {
		s.Errorf("UserRoles = %+v, want auditor and the default organization", names)
	}
	login, err := s.LoginType(s.ctx, "me")
	if must(s, login, err); login != client.LoginPassword {
		s.Errorf("LoginType = %q, want a password", login)
	}
	in, err := s.UserOrganization(s.ctx, "hopper", "default")
	if must(s, in, err); in.ID != home {
		s.Errorf("UserOrganization = %+v, want the default one", in)
	}
	of, err := s.UserOrganizations(s.ctx, "hopper")
	if must(s, of, err); len(of) != 1 || of[0].ID != home {
		s.Errorf("UserOrganizations = %+v, want the default one", of)
	}
	u, err = s.SuspendUser(s.ctx, "hopper")
	if must(s, u, err); u.Status != client.StatusSuspended {
		s.Errorf("SuspendUser = %+v, want suspended", u)
	}
	u, err = s.ActivateUser(s.ctx, "hopper")
	if must(s, u, err); u.Status == client.StatusSuspended {
		s.Errorf("ActivateUser = %+v, want it active", u)
	}
	list, err := s.Users(s.ctx, client.UserQuery{Query: "hopper"})
	if must(s, list, err); list.Count != 1 {
		s.Errorf("Users(hopper) = %+v, want one", list)
	}
	list, err = s.Users(s.ctx, client.UserQuery{})
	all := must(s, list, err).Count
	for _, sort := range []string{"", "-email"} {
		seen := map[string]bool{}
		for u, err := range s.EachUser(s.ctx, client.UserQuery{Limit: 2, Sort: sort}) {
			s.ok(err)
			seen[u.Username] = true
		}
		if len(seen) != all {
			s.Errorf("EachUser(sort %q) yields %d accounts, want %d", sort, len(seen), all)
		}
	}
	s.offboarding("hopper")
	s.ok(s.DeleteUser(s.ctx, "hopper"))
}

func (s *session) offboarding(user string) {
	ahead, err := s.OffboardPreview(s.ctx, user)
	if must(s, ahead, err); len(ahead.Organizations) != 1 || ahead.StatusRefusal != "" {
		s.Errorf("OffboardPreview = %+v, want one organization", ahead)
	}
	want := client.OffboardRequest{Suspend: true, EndSessions: true, RevokeTokens: true, Leave: true, Reason: "left"}
	would, err := s.PreviewOffboard(s.ctx, user, want)
	if must(s, would, err); !would.DryRun || len(would.Organizations) != 1 {
		s.Errorf("PreviewOffboard = %+v", would)
	}
	done, err := s.Offboard(s.ctx, user, want)
	if must(s, done, err); done.DryRun || done.User.Status != client.StatusSuspended || len(done.Organizations) != 1 {
		s.Errorf("Offboard = %+v", done)
	}
}

func (s *session) tokens() {
	made, err := s.CreateToken(s.ctx, "me", client.CreateTokenRequest{Name: "ci", Lifetime: time.Hour})
	id, _, _ := strings.Cut(must(s, made, err).Key, "-")
	list, err := s.Tokens(s.ctx, "me", client.TokenQuery{})
	must(s, list, err)
	at := slices.IndexFunc(list, func(t client.Token) bool { return t.ID == id })
	if at < 0 || list[at].Name != "ci" || list[at].LifetimeSeconds != 3600 {
		s.Errorf("Tokens = %+v, want ci for an hour", list)
	}
	all, err := s.AllTokens(s.ctx, client.TokenQuery{})
	if must(s, all, err); len(all) <= len(list) {
		s.Errorf("AllTokens has %d tokens, want more than %d", len(all), len(list))
	}
	named, err := s.TokenNamed(s.ctx, "me", "ci")
	if must(s, named, err); named.ID != id {
		s.Errorf("TokenNamed = %+v, want %s", named, id)
	}
	config, err := s.TokenConfig(s.ctx, "me")
	if must(s, config, err); config.MaxTokenLifetime != 8760*time.Hour {
		s.Errorf("TokenConfig = %+v, want a year", config)
	}
	s.ok(s.ExpireKey(s.ctx, "me", id))
	for _, tokens := range []func(q client.TokenQuery) ([]client.Token, error){
		func(q client.TokenQuery) ([]client.Token, error) { return s.Tokens(s.ctx, "me", q) },
		func(q client.TokenQuery) ([]client.Token, error) { return s.AllTokens(s.ctx, q) },
	} {
		left, err := tokens(client.TokenQuery{})
		if must(s, left, err); slices.ContainsFunc(left, func(t client.Token) bool { return t.ID == id }) {
			s.Error("a token that has ended is listed")
		}
		ended, err := tokens(client.TokenQuery{Expired: true})
		if must(s, ended, err); !slices.ContainsFunc(ended, func(t client.Token) bool { return t.ID == id }) {
			s.Error("a token that has ended is not listed with Expired")
		}
	}
	ended, err := s.Key(s.ctx, "me", id)
	if must(s, ended, err); ended.ExpiresAt.After(time.Now()) || ended.Name != "ci" {
		s.Errorf("Key = %+v, want one that has ended", ended)
	}
	s.ok(s.DeleteToken(s.ctx, "me", id))

	made, err = s.CreateKey(s.ctx, "me")
	own := *s.Client
	own.Token = must(s, made, err).Key
	id, _, _ = strings.Cut(made.Key, "-")
	key, err := own.Key(s.ctx, "me", id)
	if must(s, key, err); key.LoginType != client.LoginPassword || key.Name != "" || key.LifetimeSeconds != 7*24*3600 {
		s.Errorf("the key is %+v, want one of a week", key)
	}
	s.ok(own.DeleteToken(s.ctx, "me", id))
}

func (s *session) organizations() {
	o, err := s.CreateOrganization(s.ctx, client.CreateOrganizationRequest{Name: "labs", Description: "Research"})
	if must(s, o, err); o.Description != "Research" {
		s.Errorf("CreateOrganization = %+v, want Research", o)
	}
	var tag string
	o, err = s.Organization(s.ctx, "labs", client.GetETag(&tag))
	must(s, o, err)
	o, err = s.UpdateOrganization(s.ctx, "labs", client.UpdateOrganizationRequest{DisplayName: "Laboratories"}, client.IfMatch(tag))
	if must(s, o, err); o.DisplayName != "Laboratories" || o.Description != "Research" {
		s.Errorf("UpdateOrganization = %+v, want the display name alone changed", o)
	}
	list, err := s.Organizations(s.ctx)
	if must(s, list, err); len(list) < 2 {
		s.Errorf("Organizations = %+v, want some", list)
	}
	members, err := s.Members(s.ctx, "labs", client.MemberQuery{})
	for _, m := range must(s, members, err) {
		operator := s.site.Service.Operator()
		_, _, err := s.site.Service.RemoveMember(s.ctx, operator, "labs", m.Username, nil)
		s.ok(err)
	}
	s.ok(s.DeleteOrganization(s.ctx, "labs"))
}

func (s *session) decisions() {
	read := client.Question{Action: "read", ResourceType: "template"}
	object := client.CheckObject{ResourceType: "template", OrganizationID: s.site.Organizations[webtest.Default].ID.String()}
	checks := client.AuthCheckRequest{User: webtest.Member, Checks: map[string]client.Check{"one": {Action: "delete", Object: object}}}
	got, err := s.AuthCheck(s.ctx, checks)
	if must(s, got, err); got.Answers["one"] || len(got.Answers) != 1 || got.Explanations != nil {
		s.Errorf("AuthCheck = %+v, want a no alone", got)
	}
	got, err = s.ExplainChecks(s.ctx, checks)
	if must(s, got, err); got.Answers["one"] || got.Explanations["one"].Verdict == "" {
		s.Errorf("ExplainChecks = %+v, want a no and why", got)
	}
	m, err := s.ExplainMember(s.ctx, "default", webtest.Member, client.Question{Action: "create", ResourceType: "workspace", Owner: "me"})
	if must(s, m, err); m.Username != webtest.Member || m.Explanation.Action != "create" || !m.Explanation.Own || len(m.Explanation.Levels) != 3 {
		s.Errorf("ExplainMember = %+v, want three levels", m)
	}
	rights, err := s.Rights(s.ctx, "default", webtest.Admin, client.RightsQuery{TTL: 2 * time.Minute, Audience: "shop"})
	if left := time.Until(must(s, rights, err).ExpiresAt); left < time.Minute || left > 2*time.Minute || rights.Token == "" {
		s.Errorf("Rights = %+v, want two minutes", rights)
	}
	catalog, err := s.Catalog(s.ctx)
	has, failed := client.ReadRights(rights.Rights, must(s, &catalog, err))
	if failed != nil || !has.Has("organization_member:read", false) || has.Has("organization_member:paint", false) {
		s.Errorf("ReadRights = %+v, %v", has, failed)
	}
	lines, err := s.EffectivePermissions(s.ctx, "default", webtest.Admin)
	if must(s, lines, err); !slices.ContainsFunc(lines, func(p client.EffectivePermission) bool { return p.Allowed }) {
		s.Errorf("EffectivePermissions = %+v, want some allowed", lines)
	}
	who, err := s.WhoCanPage(s.ctx, "default", read, client.WhoCanPage{Limit: 1})
	if must(s, who, err); who.Count == 0 || len(who.Members) != 1 || who.Members[0].Level == "" || who.Outside == nil {
		s.Errorf("WhoCan = %+v, want one member and those outside", who)
	}
	found, err := s.Lint(s.ctx, "default")
	must(s, found, err)
	d, err := s.DismissFindings(s.ctx, "default", client.DismissFindings{Findings: []string{found[0].ID}, Reason: "later"})
	must(s, d, err)
	aside, err := s.DismissedFindings(s.ctx, "default")
	if must(s, aside, err); len(aside) != 1 || aside[0].ID != found[0].ID || aside[0].Dismissal.Reason != "later" {
		s.Errorf("DismissedFindings = %+v, want the one", aside)
	}
	s.ok(s.BringBackFindings(s.ctx, "default", d.ID))
}

func (s *session) trail() {
	list, err := s.Audit(s.ctx, client.AuditQuery{Query: "action:write resource_type:organization_member", Organization: "default", Limit: 2})
	if must(s, list, err); len(list.Entries) != 2 || list.Count < 2 || list.Entries[0].StatusCode < 400 || list.Entries[1].Diff["roles"].New == nil {
		s.Fatalf("Audit = %+v, want a refusal and the change before it", list)
	}
	older, err := s.Audit(s.ctx, client.AuditQuery{Before: list.Entries[0].Seq, Limit: 1})
	if must(s, older, err); older.Entries[0].Seq >= list.Entries[0].Seq {
		s.Errorf("Audit(before %d) = %+v, want what is older", list.Entries[0].Seq, older)
	}
	count := 0
	for e, err := range s.StreamAudit(s.ctx, "action:write resource_type:organization_member", "default") {
		s.ok(err)
		if count++; e.ResourceType != "organization_member" {
			s.Errorf("StreamAudit yields %+v, want changes of members alone", e)
		}
	}
	if count != list.Count {
		s.Errorf("StreamAudit yields %d entries, want %d", count, list.Count)
	}
	undone := func(q string) client.Undone {
		list, err := s.Audit(s.ctx, client.AuditQuery{Query: q, Limit: 1})
		must(s, list, err)
		u, err := s.Undo(s.ctx, list.Entries[0].ID)
		return must(s, u, err)
	}
	_, err = s.SetMemberRoles(s.ctx, "default", webtest.Member, nil)
	s.ok(err)
	if u := undone("action:write resource_target:member"); u.User != nil || u.Member == nil || len(u.Member.Roles) != 1 {
		s.Errorf("Undo = %+v, want a member with the role again", u)
	}
	_, err = s.SetUserRoles(s.ctx, webtest.Member, []string{"auditor"})
	s.ok(err)
	if u := undone("action:write resource_type:user resource_target:member"); u.Member != nil || u.User == nil || len(u.User.Roles) != 0 {
		s.Errorf("Undo = %+v, want a user without roles", u)
	}
}

func (s *session) signingIn() {
	info, err := s.BuildInfo(s.ctx)
	if must(s, info, err); info.RolecallVersion != "v0.0.0-test" || info.DeploymentID == uuid.Nil {
		s.Errorf("BuildInfo = %+v, want v0.0.0-test", info)
	}
	s.asOthersAsk()
	has, err := s.HasFirstUser(s.ctx)
	if must(s, has, err); !has {
		s.Error("HasFirstUser = false, want true")
	}
	_, err = s.CreateFirstUser(s.ctx, client.FirstUserRequest{Email: "x@example.com", Username: "x", Password: webtest.Password})
	if client.StatusOf(err) == 0 {
		s.Errorf("CreateFirstUser = %v, want a refusal", err)
	}
	in, err := s.Login(s.ctx, client.LoginRequest{Email: "member@example.com", Password: webtest.Password})
	own := *s.Client
	own.Token = must(s, in, err).SessionToken
	me, err := own.User(s.ctx, "me")
	if must(s, me, err); me.Username != webtest.Member {
		s.Errorf("User(me) = %+v, want the member", me)
	}
	s.ok(own.Logout(s.ctx))
	_, err = own.User(s.ctx, "me")
	s.refused(http.StatusUnauthorized, err)
}

// asOthersAsk calls the endpoints that clients of Coder's API use on every server.
func (s *session) asOthersAsk() {
	e, err := s.Entitlements(s.ctx)
	if must(s, e, err); !e.Features["audit_log"].Enabled || e.Features["template_rbac"].Enabled || e.RefreshedAt.IsZero() {
		s.Errorf("Entitlements = %+v, want the audit log and no groups", e)
	}
	on, err := s.EnabledExperiments(s.ctx)
	must(s, on, err)
	there, err := s.AvailableExperiments(s.ctx)
	if must(s, there, err); len(on)+len(there.Safe) > 0 {
		s.Errorf("experiments: %v of %v, want none", on, there)
	}
	a, err := s.Appearance(s.ctx)
	if must(s, a, err); a.ApplicationName != "rolecall" {
		s.Errorf("Appearance = %+v, want rolecall", a)
	}
	m, err := s.AuthMethods(s.ctx)
	if must(s, m, err); !m.Password.Enabled || m.OIDC.SignInText != "Continue with Provider okta" || m.GitHub.Enabled {
		s.Errorf("AuthMethods = %+v, want passwords and the provider", m)
	}
	for password, valid := range map[string]bool{"password": false, webtest.Password: true} {
		p, err := s.ValidatePassword(s.ctx, password)
		if must(s, p, err); p.Valid != valid || (p.Details == "") != valid {
			s.Errorf("ValidatePassword(%q) = %+v, want %v", password, p, valid)
		}
	}
	scopes, err := s.TokenScopes(s.ctx)
	if must(s, scopes, err); !slices.Contains(scopes, "all") || !slices.Contains(scopes, "template:read") {
		s.Errorf("TokenScopes = %v", scopes)
	}
	ids, err := s.Identities(s.ctx)
	if must(s, ids, err); len(ids) != 0 {
		s.Errorf("Identities = %v, want none", ids)
	}
	s.refused(http.StatusNotFound, s.Unlink(s.ctx, "okta"))
	_, err = s.OIDCClaims(s.ctx)
	s.refused(http.StatusBadRequest, err)
	c, err := s.Catalog(s.ctx)
	if must(s, c, err); len(c.Types) == 0 || len(c.BuiltIns) == 0 {
		s.Errorf("Catalog = %+v", c)
	}
}

// TestFirstUser sets a server up.
func TestFirstUser(t *testing.T) {
	t.Parallel()
	site := webtest.NewEmpty(t)
	trips := &roundTrips{t: t, handler: site.Handler, reached: map[string]bool{}}
	c := &client.Client{BaseURL: "http://rolecall.test", HTTPClient: &http.Client{Transport: trips}}
	if has, err := c.HasFirstUser(t.Context()); has || err != nil {
		t.Errorf("HasFirstUser = %v, %v, want false", has, err)
	}
	made, err := c.CreateFirstUser(t.Context(), client.FirstUserRequest{
		Email: "ada@example.com", Username: "ada", Password: webtest.Password, SetupToken: webtest.SetupToken,
	})
	if err != nil || made.UserID == uuid.Nil || made.OrganizationID == uuid.Nil {
		t.Errorf("CreateFirstUser = %+v, %v", made, err)
	}
}

// factors are the owner's own second factors: an app is set up, changed and removed.
func (s *session) factors() {
	own := client.OwnPassword{Password: webtest.Password}
	f, err := s.Factors(s.ctx)
	if must(s, f, err); f.App || f.Required {
		s.Errorf("Factors = %+v, want none", f)
	}
	told, err := s.EnrolApp(s.ctx, own)
	seed, bad := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(must(s, told, err).Secret)
	if bad != nil {
		s.Fatalf("EnrolApp = %+v, %v", told, bad)
	}
	code, err := factor.Code(seed, time.Now())
	codes, confirmed := s.ConfirmApp(s.ctx, client.FactorCode{Code: must(s, code, err)})
	if must(s, codes, confirmed); len(codes.RecoveryCodes) != factor.RecoveryCodes {
		s.Errorf("ConfirmApp = %+v", codes)
	}
	if f, err := s.Factors(s.ctx); err != nil || !f.App || f.AppSince == nil || f.RecoveryCodes != factor.RecoveryCodes {
		s.Errorf("Factors = %+v, %v, want an app", f, err)
	}
	again, err := s.NewRecoveryCodes(s.ctx, own)
	if must(s, again, err); len(again.RecoveryCodes) != factor.RecoveryCodes || again.RecoveryCodes[0] == codes.RecoveryCodes[0] {
		s.Errorf("NewRecoveryCodes = %+v after %+v", again, codes)
	}
	s.ok(s.RemoveApp(s.ctx, own))
	s.refused(http.StatusNotFound, s.ResetFactors(s.ctx, webtest.Member))
}

// passkeys checks that passkeys are refused where they cannot work, as on this site, whose address has no TLS.
func (s *session) passkeys() {
	own := client.OwnPassword{Password: webtest.Password}
	if list, err := s.Passkeys(s.ctx); err != nil || len(list) != 0 {
		s.Errorf("Passkeys = %+v, %v, want none", list, err)
	}
	_, err := s.PasskeyOptions(s.ctx, own)
	s.refused(http.StatusBadRequest, err)
	_, err = s.AddPasskey(s.ctx, client.NewPasskey{Credential: json.RawMessage(`{"id":"x"}`)})
	s.refused(http.StatusBadRequest, err)
	s.refused(http.StatusNotFound, s.RemovePasskey(s.ctx, uuid.New(), own))
	_, err = s.LoginPasskeyOptions(s.ctx, client.WaitingSignIn{})
	s.refused(http.StatusBadRequest, err)
}
