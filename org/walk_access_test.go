package org_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
)

var accountSteps = []stepKind{
	{name: "site-roles", weight: 50, needs: perm("assign_role:assign"), ofSite: true, take: func(a *attempt) error {
		user, roleNames := a.target(), list(a, a.siteRole, 2)
		a.acted = user.id
		a.say("gives %s %v", user.name, roleNames)
		return drop(a.svc.SetUserRoles(a.ctx, a.by, user.name, roles(roleNames...)))
	}},
	{name: "undo-site", weight: 16, needs: perm("assign_role:unassign"), ofSite: true, take: func(a *attempt) error {
		entries := a.rows(a.t, `SELECT id, resource_id, resource_target FROM audit_logs WHERE resource_type = 'user' AND action = 'write'
			AND status_code < 400 AND changes LIKE '%rbac_roles%' ORDER BY seq DESC LIMIT 12`, 3)
		if len(entries) == 0 {
			return nil
		}
		e := pick(a.rng, entries)
		a.acted = uuid.MustParse(e[1])
		a.say("undoes the site roles of %s", e[2])
		return drop(a.svc.Undo(a.ctx, a.by, e[0]))
	}},
	{name: "create", weight: 12, needs: perm("user:create"), ofSite: true, take: func(a *attempt) error {
		in := a.newUser()
		in.Password = a.password()
		return a.create(in)
	}},
	{name: "create-service", weight: 12, needs: perm("user:create"), ofSite: true, take: func(a *attempt) error {
		in := a.newUser()
		in.LoginType, in.Status = org.LoginNone, org.StatusActive
		return a.create(in)
	}},
	{name: "password", people: true, weight: 20, needs: perm("user:update_personal"), ofSite: true, take: func(a *attempt) error {
		user := a.target()
		if user == a.actor {
			return nil
		}
		in := org.PasswordInput{Password: a.password()}
		a.acted = user.id
		a.say("sets the password of %s", user.name)
		err := a.svc.SetPassword(a.ctx, a.by, user.name, given(in), nil)
		if err == nil {
			a.knows(user, in.Password, a.maker(user.id))
		}
		return err
	}},
	{name: "own-password", people: true, weight: 12, ofSite: true, take: func(a *attempt) error {
		in := org.PasswordInput{Password: a.password(), OldPassword: a.passwords[a.actor.id]}
		a.say("sets the own password")
		err := a.svc.SetPassword(a.ctx, a.by, "me", given(in), nil)
		if err == nil {
			a.knows(a.actor, in.Password, a.actor.id) // whoever sat there: the account notices that its password is another
			if a.person() != a.actor.id {
				delete(a.typed, a.actor.id) // and may have to choose again
			}
		}
		return err
	}},
	{name: "profile", weight: 8, needs: perm("user:update_personal"), ofSite: true, take: func(a *attempt) error {
		user := a.target()
		a.acted = user.id
		a.say("renames %s", user.name)
		return drop(a.svc.UpdateProfile(a.ctx, a.by, user.name, given(org.Profile{Name: fmt.Sprint("Name ", a.number())})))
	}},
	{name: "suspend", weight: 10, needs: perm("user:update"), ofSite: true, take: func(a *attempt) error {
		user := a.target()
		a.say("suspends %s", user.name)
		return drop2(a.svc.SetStatus(a.ctx, a.by, user.name, org.StatusSuspended, nil))
	}},
	{name: "activate", weight: 20, needs: perm("user:update"), ofSite: true, take: func(a *attempt) error {
		user := a.target()
		for _, other := range a.before.list {
			if other.suspended() && a.rng.IntN(2) == 0 {
				user = other
			}
		}
		a.acted = user.id
		a.say("activates %s", user.name)
		return drop2(a.svc.SetStatus(a.ctx, a.by, user.name, org.StatusActive, nil))
	}},
	{name: "delete", weight: 12, needs: perm("user:delete"), ofSite: true, take: func(a *attempt) error {
		user := a.target()
		if named := a.before.named(pick(a.rng, walkNewNames)); named != nil {
			user = named // the others would be missed
		}
		a.acted = user.id
		a.say("deletes %s", user.name)
		return drop(a.svc.DeleteUser(a.ctx, a.by, user.name, nil))
	}},
	{name: "recover", weight: 2, ofSite: true, anybody: true, take: func(a *attempt) error {
		name := pick(a.rng, []string{"o", "o2", "o3", "o4"})
		in := org.OwnerRecovery{Username: name, Email: name + "@example.com", Password: a.password()}
		a.say("makes %s an owner", name)
		u, err := a.svc.RecoverOwner(a.ctx, org.Request{}, in)
		if err == nil {
			a.passwords[u.ID], a.typed[u.ID] = in.Password, u.ID
		}
		return err
	}},
}

func (a *attempt) newUser() org.NewUser {
	name := pick(a.rng, walkNewNames)
	for range 4 { // most are there already
		if a.before.named(name) != nil {
			name = pick(a.rng, walkNewNames)
		}
	}
	in := org.NewUser{Username: name, Email: name + "@example.com"}
	for range 1 + a.rng.IntN(2) {
		in.OrganizationIDs = append(in.OrganizationIDs, a.anyPlace())
	}
	if a.rng.IntN(3) == 0 {
		place := in.OrganizationIDs[0]
		in.OrganizationRoles = map[uuid.UUID][]string{place: {pick(a.rng, append(slices.Clone(walkOrgRoles), a.before.custom[place]...))}}
	}
	return in
}

func (a *attempt) create(in org.NewUser) error {
	a.say("creates %s %v", in.Username, in.OrganizationRoles)
	u, err := a.svc.CreateUser(a.ctx, a.by, given(in))
	if err == nil && in.Password != "" {
		a.knows(&acct{id: u.ID, name: u.Username, email: u.Email}, in.Password, a.maker(u.ID))
	}
	return err
}

func (w *walk) password() string { return fmt.Sprintf("correct horse %d", w.number()) }

// knows notes who knows the password of an account.
func (a *attempt) knows(of *acct, password string, who uuid.UUID) {
	a.passwords[of.id], a.typed[of.id] = password, who
	if who != of.id {
		a.made = append(a.made, a.secret("password", who, of, password))
	}
}

// maker is who counts as having made something for an account: whoever sits behind the actor if it is for the actor
// itself, else the actor. What a person makes for a third account as somebody else is the other's; SECURITY.md says so.
func (a *attempt) maker(of uuid.UUID) uuid.UUID {
	if of == a.actor.id {
		return a.person()
	}
	return a.actor.id
}

func (a *attempt) secret(kind string, maker uuid.UUID, of *acct, text string) *secret {
	return &secret{kind: kind, maker: maker, target: of.id, email: of.email, text: text}
}

// keeps notes a token or session, and who has it.
func (a *attempt) keeps(s *secret) {
	if s.kind != "link" {
		a.tokens = append(a.tokens, s)
	}
	if s.maker != s.target {
		a.made = append(a.made, s)
	}
}

// logIn begins a session, or gets a token that lives as long as one.
func (a *attempt) logIn(user *acct, knower uuid.UUID) error {
	if a.rng.IntN(2) == 0 {
		text, err := a.svc.LoginToken(a.ctx, org.Request{}, user.email, a.passwords[user.id], "")
		if err == nil {
			a.keeps(a.secret("login", knower, user, text))
		}
		return err
	}
	session := fmt.Sprint("session ", a.number())
	_, err := a.svc.Login(a.ctx, org.Request{}, user.email, a.passwords[user.id], func(context.Context, uuid.UUID) (org.NewSession, error) {
		return org.NewSession{Token: session, Data: []byte("data"), ExpiresAt: a.clock.now().Add(24 * time.Hour)}, nil
	})
	if err == nil {
		a.keeps(a.secret("session", knower, user, session))
	}
	return err
}

var accessSteps = []stepKind{
	{name: "link-make", people: true, weight: 16, needs: perm("user:update_personal"), ofSite: true, take: func(a *attempt) error {
		user := a.target()
		a.acted = user.id
		a.say("makes a password link for %s", user.name)
		link, err := a.svc.CreatePasswordLink(a.ctx, a.by, user.name)
		if err == nil {
			a.keeps(a.secret("link", a.maker(user.id), user, link.Secret))
		}
		return err
	}},
	{name: "link-use", weight: 16, ofSite: true, anybody: true, take: func(a *attempt) error {
		var links []*secret
		for _, s := range a.secrets {
			if s.kind == "link" {
				links = append(links, s)
			}
		}
		if len(links) == 0 {
			return nil
		}
		link := pick(a.rng, links)
		user := a.before.accounts[link.target]
		if user == nil {
			return nil
		}
		a.actor = user
		in := org.PasswordInput{Password: a.password()}
		a.say("uses a password link")
		err := a.svc.UsePasswordLink(a.ctx, org.Request{}, link.text, given(in))
		if err == nil {
			a.knows(user, in.Password, user.id)
		}
		return err
	}},
	{name: "link-revoke", people: true, weight: 10, needs: perm("user:update_personal"), ofSite: true, take: func(a *attempt) error {
		user := a.target()
		for _, s := range a.secrets {
			if other := a.before.accounts[s.target]; s.kind == "link" && other != nil && a.rng.IntN(3) == 0 {
				user = other
			}
		}
		a.say("revokes the password link of %s", user.name)
		return a.svc.DeletePasswordLink(a.ctx, a.by, user.name)
	}},
	{name: "token-make", weight: 20, needs: perm("api_key:create"), ofSite: true, take: func(a *attempt) error {
		user := a.target()
		a.acted = user.id
		a.say("makes a token of %s", user.name)
		text, _, err := a.svc.CreateToken(a.ctx, a.by, user.name, given(org.TokenInput{}))
		if err == nil {
			a.mustCover(nil)
			a.keeps(a.secret("token", a.maker(user.id), user, text))
		}
		return err
	}},
	{name: "limited-token", weight: 24, needs: perm("api_key:create"), ofSite: true, take: (*attempt).limitedToken},
	{name: "token-delete", weight: 8, needs: perm("api_key:delete"), ofSite: true, take: func(a *attempt) error {
		if len(a.tokens) == 0 {
			return nil
		}
		token := pick(a.rng, a.tokens[max(0, len(a.tokens)-20):])
		user := a.before.accounts[token.target]
		if user == nil || token.kind == "session" {
			return nil
		}
		a.say("deletes the %s", token)
		return a.svc.DeleteToken(a.ctx, a.by, user.name, token.text[:10])
	}},
	{name: "login", weight: 16, ofSite: true, anybody: true, quiet: true, take: func(a *attempt) error {
		user := pick(a.rng, a.before.list)
		for _, other := range a.before.list {
			if a.passwords[other.id] != "" && a.rng.IntN(3) == 0 {
				user = other
			}
		}
		knower, known := a.typed[user.id]
		if !known {
			knower = user.id
		}
		a.actor = user
		a.say("logs in")
		err := a.logIn(user, knower)
		if err != nil && known && knower == user.id && !user.suspended() {
			a.t.Errorf("%s can't sign in with the password that it has chosen: %v", user.name, err)
		}
		return err
	}},
	{name: "logout", weight: 6, ofSite: true, anybody: true, take: func(a *attempt) error {
		if len(a.tokens) == 0 {
			return nil
		}
		if !a.come(pick(a.rng, a.tokens[max(0, len(a.tokens)-20):])) {
			return nil
		}
		a.say("logs out")
		return a.svc.Logout(a.ctx, a.by)
	}},
	{name: "end-session", weight: 10, ofSite: true, anybody: true, take: func(a *attempt) error {
		found := a.rows(a.t, "SELECT user_id, id FROM sessions ORDER BY token LIMIT 20", 2)
		if len(found) == 0 {
			return nil
		}
		session := pick(a.rng, found)
		if !a.arrive(a.svc.UserSubject(a.ctx, uuid.MustParse(session[0]))) {
			return nil
		}
		a.say("ends a session")
		return a.svc.EndSession(a.ctx, a.by, session[1])
	}},
	{name: "end-sessions", people: true, weight: 3, ofSite: true, take: func(a *attempt) error {
		a.say("ends all sessions and tokens")
		return a.svc.EndSessions(a.ctx, a.by)
	}},
}
