package idpsync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Test reports what a sign-in would do, and what the rules would do to everybody. It does what a sign-in does, without storing
// anything. For the roles of an organization it reports only that organization and its members. NotFound: no such organization.
// Forbidden: needs idpsync_settings:read there, or on the site. Invalid: no such user, or a user without claims.
func (s *Service) Test(ctx context.Context, by *org.Actor, in org.SyncPlace, input org.Input[org.SyncTest]) (f org.SyncForecast, err error) {
	defer org.Wrap(&err, "try the rules of a sign-in provider")
	err = s.units.Moment(ctx, by, func(src unit.Reader) error {
		f, err = test(ctx, src, by, in, input)
		return err
	})
	return f, err
}

func test(ctx context.Context, s unit.Reader, by *org.Actor, scope org.SyncPlace, input org.Input[org.SyncTest]) (f org.SyncForecast, err error) {
	where, err := placeFor(ctx, s, by, "read", scope)
	if err != nil {
		return f, err
	}
	in, err := input.Read()
	if err != nil {
		return f, err
	}
	rules, err := where.rules(ctx, s, in.Provider.ID)
	if err != nil {
		return f, err
	}
	draft, err := checkDraft(ctx, s, by, where, in.Draft)
	if err != nil {
		return f, err
	}
	q := question{provider: in.Provider, book: newRulebook(drafted(rules, draft)), claims: in.Claims, only: where.organization.ID}
	q.book.hush(by)
	if in.User != "" {
		if err := q.ask(ctx, s, by, in.User); err != nil {
			return f, err
		}
	}
	// The same look as that of a sign-in, so the two cannot differ.
	o, err := look(ctx, s, q)
	if err != nil {
		return f, err
	}
	f = forecast(o)
	if in.Impact {
		impact, err := weigh(ctx, s, by, q)
		if err != nil {
			return f, err
		}
		f.Impact = &impact
	}
	hide(by, &f)
	return f, nameAll(ctx, s, by, &f)
}

// rules returns the rule sets that decide about a place. For an organization these are its own, and the one about memberships.
func (p place) rules(ctx context.Context, s unit.Reader, provider string) ([]org.SyncRules, error) {
	if p.kind != org.SyncRoles {
		return Rules(ctx, s, provider)
	}
	own, err := rulesAt(ctx, s, p, provider)
	if err != nil {
		return nil, err
	}
	memberships, err := rulesAt(ctx, s, place{kind: org.SyncOrganizations}, provider)
	return []org.SyncRules{memberships, own}, err
}

// ask sets the person whose sign-in is examined, with their last claims unless others are given. A user who is not a member of
// the organization asked about looks like no user.
func (q *question) ask(ctx context.Context, s unit.Reader, by *org.Actor, ref string) error {
	var username string
	if q.only != uuid.Nil {
		m, err := s.Member(ctx, by, q.only, ref)
		if kind := org.KindOf(err); kind == org.NotFound || kind == org.Invalid {
			return badUser(fmt.Sprintf("%q is no member of the organization", ref))
		}
		if err != nil {
			return err
		}
		q.user, username = m.UserID, m.Username
	} else {
		row, err := s.ReadableUser(ctx, by, ref)
		if err != nil {
			return err
		}
		q.user, username = row.ID, row.Username
	}
	if q.claims != nil {
		return nil
	}
	var err error
	q.claims, err = lastClaims(ctx, s, q.provider, q.user, username)
	return err
}

// hide leaves out what the rule sets that the caller may not read give.
func hide(by *org.Actor, f *org.SyncForecast) {
	hidden := func(place uuid.UUID, role string) bool {
		switch {
		case place == uuid.Nil:
			return !by.Owner()
		case role == org.RoleOrganizationUser:
			return false
		}
		return !by.Can("read", org.OrgObject(place)) || !by.Can("read", settingsOf(place))
	}
	lines := func(list []org.SyncLine) []org.SyncLine {
		return slices.DeleteFunc(list, func(l org.SyncLine) bool { return hidden(l.Organization, l.Role) })
	}
	f.Roles, f.SiteRoles = lines(f.Roles), lines(f.SiteRoles)
	f.Held = slices.DeleteFunc(f.Held, func(h org.SyncHeld) bool { return hidden(h.Organization, h.Role) })
	if !by.Can("read", settingsOf(uuid.Nil)) { // the caller may know that a person is a member, but not by which site rule
		for i := range f.Organizations {
			f.Organizations[i].Rule = ""
		}
		for i := range f.Held {
			if f.Held[i].Role == org.RoleOrganizationUser {
				f.Held[i].Rule = ""
			}
		}
	}
	if f.Impact == nil {
		return
	}
	impact := func(list []org.SyncImpactLine) []org.SyncImpactLine {
		return slices.DeleteFunc(list, func(l org.SyncImpactLine) bool { return hidden(l.Organization, l.Role) })
	}
	f.Impact.Gains, f.Impact.Losses = impact(f.Impact.Gains), impact(f.Impact.Losses)
}

// checkDraft finds the organizations of rule sets that are not stored, and reports everything wrong with them. The targets need
// not exist: then they give nothing. A draft for an organization is its only rule set.
func checkDraft(ctx context.Context, s unit.Reader, by *org.Actor, where place, draft []org.SyncRules) ([]org.SyncRules, error) {
	var bad org.FieldErrors
	checked := slices.Clone(draft)
	for i := range checked {
		set := &checked[i]
		at := map[org.SyncKind]string{org.SyncOrganizations: "draft.organization", org.SyncSiteRoles: "draft.site_roles"}[set.Kind]
		switch {
		case where.kind == org.SyncRoles:
			at, set.Organization = "draft", where.organization
		case set.Kind == org.SyncRoles:
			at = fmt.Sprintf("draft.roles[%q]", set.Organization.Name)
			o, err := s.Organization(ctx, by, set.Organization.Name)
			if org.KindOf(err) == org.NotFound {
				bad.Add(at, "is no organization")
				continue
			}
			if err != nil {
				return nil, err
			}
			set.Organization = unit.OrganizationOf(o)
		}
		// The same checks as for a stored change, so what can be tried can be saved.
		c := changed{before: org.SyncRules{Kind: set.Kind}, after: *set}
		if e, ok := errors.AsType[*org.Error](c.check(nil)); ok {
			for _, f := range e.Fields {
				bad.Add(at+"."+f.Field, f.Detail)
			}
		}
	}
	return checked, bad.Err("Validation failed.")
}

// drafted replaces stored rule sets with ones that are not stored.
func drafted(rules, draft []org.SyncRules) []org.SyncRules {
	same := func(a, b *org.SyncRules) bool { return a.Kind == b.Kind && a.Organization.ID == b.Organization.ID }
	// A draft replaces a whole set, as saving it would; the other sets count too, since people hold roles through all of them.
	left := slices.DeleteFunc(slices.Clone(rules), func(r org.SyncRules) bool {
		return slices.ContainsFunc(draft, func(d org.SyncRules) bool { return same(&r, &d) })
	})
	return append(left, draft...)
}

// lastClaims returns what a provider said about a user at the last sign-in.
func lastClaims(ctx context.Context, s unit.Reader, p *org.Provider, user uuid.UUID, username string) (map[string]any, error) {
	rows, err := s.Q.ListIdentities(ctx, user)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.Provider != p.ID || !r.LastLoginAt.Valid {
			continue
		}
		found, err := s.Q.GetIdentity(ctx, db.GetIdentityParams{Issuer: r.Issuer, Subject: r.Subject})
		if err != nil {
			return nil, err
		}
		claims, ok := storedClaims(found.Claims)
		if !ok {
			return nil, badUser(fmt.Sprintf("%s has more claims at %s than are kept: enter them", username, p.Name))
		}
		return claims, nil
	}
	return nil, badUser(fmt.Sprintf("%s has never signed in with %s", username, p.Name))
}

func badUser(detail string) error {
	return org.FieldErrors{{Field: "user", Detail: detail}}.Err("There are no claims to try.")
}

// storedClaims returns the claims kept from a sign-in; ok is false if they were too long to keep.
func storedClaims(text string) (claims map[string]any, ok bool) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return claims, d.Decode(&claims) == nil && claims != nil
}

// forecast describes an outlook line by line.
func forecast(o *outlook) (f org.SyncForecast) {
	f.States, f.Unmatched, f.Held = o.want.states, o.want.unmatched, o.held
	for i := range o.parts {
		p := &o.parts[i]
		add := func(r *org.Assignment, change org.SyncStep) {
			line := lineOf(r, change)
			switch {
			case p.place == uuid.Nil:
				f.SiteRoles = append(f.SiteRoles, line)
			case r.Role == org.RoleOrganizationUser:
				f.Organizations = append(f.Organizations, line)
			default:
				f.Roles = append(f.Roles, line)
			}
		}
		for i := range p.made {
			r := &p.made[i]
			change := org.SyncAdd
			if p.own(r.Role, r.Source) != nil { // it changes but stays
				change = org.SyncKept
			}
			add(r, change)
		}
		for _, list := range [][]org.Assignment{p.kept, p.held} {
			for i := range list {
				add(&list[i], org.SyncKept)
			}
		}
		for i := range p.gone {
			add(&p.gone[i], org.SyncEnd)
		}
	}
	for _, list := range [][]org.SyncLine{f.Organizations, f.Roles, f.SiteRoles} {
		slices.SortFunc(list, func(a, b org.SyncLine) int {
			if c := slices.Compare(a.Organization[:], b.Organization[:]); c != 0 {
				return c
			}
			return strings.Compare(a.Role, b.Role)
		})
	}
	return f
}

func lineOf(r *org.Assignment, change org.SyncStep) org.SyncLine {
	return org.SyncLine{Organization: r.OrganizationID, Role: r.Role, Rule: r.SourceRef, Change: change}
}

// nameAll fills in the names of organizations, as far as the caller may read them.
func nameAll(ctx context.Context, s unit.Reader, by *org.Actor, f *org.SyncForecast) error {
	// One lookup for each organization, however many lines are about it.
	names := map[uuid.UUID]string{}
	name := func(id uuid.UUID) (string, error) {
		known, ok := names[id]
		if ok || id == uuid.Nil || !by.Can("read", org.OrgObject(id)) {
			return known, nil
		}
		o, err := s.Q.GetOrganization(ctx, id)
		if err != nil && !db.IsNotFound(err) {
			return "", err
		}
		names[id] = o.DisplayName
		return o.DisplayName, nil
	}
	var lines []*org.SyncLine
	for _, list := range [][]org.SyncLine{f.Organizations, f.Roles} {
		for i := range list {
			lines = append(lines, &list[i])
		}
	}
	for i := range f.Held {
		lines = append(lines, &f.Held[i].SyncLine)
	}
	var err error
	for _, l := range lines {
		if l.OrganizationName, err = name(l.Organization); err != nil {
			return err
		}
	}
	if f.Impact == nil {
		return nil
	}
	for _, list := range [][]org.SyncImpactLine{f.Impact.Gains, f.Impact.Losses} {
		for i := range list {
			if list[i].OrganizationName, err = name(list[i].Organization); err != nil {
				return err
			}
		}
	}
	return nil
}
