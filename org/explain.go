package org

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

// Question asks whether a member may do something in an organization.
type Question struct {
	Action       string
	ResourceType string
	Own          bool // to a thing of the member's own, instead of anybody's
}

// Explanation is the answer to a Question with all that led to it, and what would change it.
type Explanation struct {
	Organization Organization
	Member       Member
	Question     Question
	Trace        rbac.Trace // what the roles give
	Words        Words
	Changes      []Suggestion // the smallest first
}

// Allowed reports whether the member may do it: a suspended account may nothing, whatever its roles give.
func (e *Explanation) Allowed() bool { return e.Trace.Allowed && e.Member.Status != StatusSuspended }

// SuggestionKind says what a Suggestion changes.
type SuggestionKind string

// The single changes that can turn a verdict.
const (
	GiveRole        SuggestionKind = "give-role"
	TakeRole        SuggestionKind = "take-role"
	AllowPermission SuggestionKind = "allow-permission" // in a role that the member holds
	DenyPermission  SuggestionKind = "deny-permission"
	ClearPermission SuggestionKind = "clear-permission"
)

// Suggestion is one change after which the verdict is the other one.
type Suggestion struct {
	Kind       SuggestionKind
	Role       RoleRef
	Level      rbac.Level      // of the permission
	Permission rbac.Permission // that is allowed, denied or cleared, or its action on all types; zero for giving and taking a role
	Gained     int             // other permissions that the member would gain where the role holds, as a dry run tells it
	Lost       int             // and lose
	Members    int             // how many people it reaches; 0 if the caller may not know
	Refusal    string          // why the caller may not make it, "" if it may
}

// FullControl reports whether it gives or takes the role that may do everything.
func (s *Suggestion) FullControl() bool { return s.Role.Name == roleOwner && s.OfSite() }

// OfSite reports whether it changes something on the whole site, instead of in the organization alone.
func (s *Suggestion) OfSite() bool { return s.Role.OrganizationID == uuid.Nil }

// bySize puts the smallest change first, those of the organization before those of the site, and the owner last.
func bySize(a, b Suggestion) int {
	return cmp.Or(
		compareBools(a.FullControl(), b.FullControl()), compareBools(a.OfSite(), b.OfSite()),
		cmp.Compare(a.Gained, b.Gained), cmp.Compare(a.Lost, b.Lost), cmp.Compare(a.Members, b.Members),
	)
}

// compareBools puts false before true.
func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// grantList is an account's grants as the engine takes them.
func (s *Subject) grantList() ([]rbac.ID, []rbac.Grant) {
	var orgs []rbac.ID
	for _, g := range s.grants.Grants() {
		if g.Org != (rbac.ID{}) {
			orgs = append(orgs, g.Org)
		}
	}
	return orgs, s.grants.Grants()
}

// asked is the thing that a question is about. One of a type that never belongs to an organization does not belong to
// this one either, whatever a role of the organization says about such things: the places that enforce ask like this.
func (s *Service) asked(q Question, org, member uuid.UUID) rbac.Object {
	o := rbac.Object{Type: q.ResourceType, Org: org}
	if s.catalog.SiteOnly(q.ResourceType) {
		o.Org = rbac.ID{}
	}
	if q.Own {
		o.Owner = member
	}
	return o
}

// Explain answers why a member may or may not do something. NotFound and Invalid as Member; Invalid: no such pair of
// resource type and action.
func (s *Service) Explain(ctx context.Context, subject *Subject, organization, user string, q Question) (Explanation, error) {
	if q.ResourceType == rbac.Wildcard || !s.catalog.Valid(q.ResourceType, q.Action) {
		return Explanation{}, problems{{"action", fmt.Sprintf("there is no action %q on %q", q.Action, q.ResourceType)}}.err("Unknown permission.")
	}
	e := Explanation{Question: q}
	err := s.db.Read(ctx, func(queries *db.Queries) error {
		src := source{Service: s, q: queries, revision: subject.revision}
		org, err := src.organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		e.Organization = organizationOf(org)
		if e.Member, err = src.memberView(ctx, subject, org, user); err != nil {
			return err
		}
		target, err := src.subject(ctx, e.Member.UserID)
		if err != nil {
			return err
		}
		homes := []home{{org, orgRolesObject(org.ID)}, siteHome}
		return src.explain(ctx, subject, homes, s.asked(q, org.ID, e.Member.UserID), target, &e)
	})
	if err != nil {
		return Explanation{}, err
	}
	return e, nil
}

// explain asks the engine about the account of e.Member, and what would turn the verdict among the roles of these homes.
// No role turns that of a suspended account.
func (s source) explain(ctx context.Context, by *Subject, homes []home, o rbac.Object, target *Subject, e *Explanation) (err error) {
	e.Trace = veiled(target.grants.Explain(e.Question.Action, o), by)
	e.Words = s.tell(e.Trace, e.Question, e.Member)
	if e.Member.Status == StatusSuspended {
		return nil
	}
	w := whatIf{source: s, by: by, target: target, member: e.Member, homes: homes, action: e.Question.Action, object: o}
	e.Changes, err = w.suggestions(ctx)
	return err
}

// whatIf tries single changes on an account and keeps those that turn the verdict.
type whatIf struct {
	source
	by     *Subject
	target *Subject
	member Member
	homes  []home // whose roles are tried
	action string
	object rbac.Object
	found  []Suggestion
}

// suggestions tries the roles of the homes whose roles the caller may read.
func (w *whatIf) suggestions(ctx context.Context) ([]Suggestion, error) {
	for _, h := range w.homes {
		if !w.by.Can("read", h.object) {
			continue
		}
		set, err := w.roles(ctx, h.org.ID)
		if err != nil {
			return nil, err
		}
		counts, err := w.holdersFor(ctx, w.by, h)
		if err != nil {
			return nil, err
		}
		for i := range set.list {
			r := &set.list[i]
			if !w.target.grants.HasRole(r.Name, h.org.ID) {
				w.try(Suggestion{Kind: GiveRole, Members: 1, Refusal: w.mayHand(h, r, "assign")}, h, r, r.compiled)
				continue
			}
			w.try(Suggestion{Kind: TakeRole, Members: 1, Refusal: w.mayHand(h, r, "unassign")}, h, r, nil)
			if !r.BuiltIn {
				w.tryEdits(h, r, counts[r.Name])
			}
		}
	}
	slices.SortStableFunc(w.found, bySize)
	return w.found, nil
}

// tryEdits tries the asked permission in a role that the member holds, and its action on all types.
func (w *whatIf) tryEdits(h home, r *setRole, members int) {
	levels := []rbac.Level{rbac.LevelOrganization}
	if h.site() {
		levels = []rbac.Level{rbac.LevelSite, rbac.LevelUser}
	}
	for _, level := range levels {
		for _, resourceType := range []string{w.object.Type, rbac.Wildcard} {
			w.tryStates(h, r, level, rbac.Permission{ResourceType: resourceType, Action: w.action}, members)
		}
	}
}

// tryStates tries the three states of a permission in a role. A new rule for all types is not tried: it would do what one
// for the asked type does, and more.
func (w *whatIf) tryStates(h home, r *setRole, level rbac.Level, allow rbac.Permission, members int) {
	deny := allow
	deny.Negate = true
	list := *r.at(level.String())
	rest := slices.DeleteFunc(slices.Clone(list), func(p rbac.Permission) bool { return p == allow || p == deny })
	stored := len(rest) < len(list)
	if allow.ResourceType == rbac.Wildcard && !stored {
		return
	}
	for _, edit := range []struct {
		kind SuggestionKind
		list []rbac.Permission
	}{
		{ClearPermission, rest},
		{AllowPermission, append(slices.Clone(rest), allow)},
		{DenyPermission, append(slices.Clone(rest), deny)},
	} {
		if edit.kind == ClearPermission && !stored {
			continue
		}
		role := r.Role
		*role.at(level.String()) = edit.list
		w.try(Suggestion{Kind: edit.kind, Level: level, Permission: allow, Members: members, Refusal: w.mayEdit(h, level, allow)},
			h, r, w.catalog.Compile(rbac.Role{Name: r.Name, Site: role.Site, Organization: role.Organization, User: role.User}))
	}
}

// try keeps a suggestion if the verdict turns when role r becomes the one given: nil takes it away.
func (w *whatIf) try(s Suggestion, h home, r *setRole, becomes *rbac.Role) {
	orgs, old := w.target.grantList()
	var grants []rbac.Grant
	for _, g := range old {
		if g.Role.Name != r.Name || g.Org != h.org.ID { // by name: they may have been read at different times
			grants = append(grants, g)
		}
	}
	if becomes != nil {
		grants = append(grants, rbac.Grant{Role: becomes, Org: h.org.ID})
	}
	after := w.catalog.NewSubject(w.member.UserID, orgs, grants)
	verdict := after.Authorize(w.action, w.object)
	if verdict == w.target.grants.Authorize(w.action, w.object) {
		return
	}
	for _, t := range w.turns(w.target.grants, after, h.org.ID, w.member.UserID) {
		switch {
		case t.permission.ResourceType == w.object.Type && t.permission.Action == w.action:
		case t.gained:
			s.Gained++
		default:
			s.Lost++
		}
	}
	s.Role = RoleRef{Name: r.Name, DisplayName: r.DisplayName, OrganizationID: h.org.ID, BuiltIn: r.BuiltIn}
	w.found = append(w.found, s)
}

// mayHand says why the caller may not give the role to the member, or take it.
func (w *whatIf) mayHand(h home, r *setRole, action string) string {
	if w.member.Self {
		return "You can't change your own roles"
	}
	if !h.site() && w.member.RolesRefusal != "" {
		return w.member.RolesRefusal
	}
	return mayGive(w.by, action, h.object, r)
}

// mayEdit says why the caller may not change a permission in a role.
func (w *whatIf) mayEdit(h home, level rbac.Level, p rbac.Permission) string {
	return w.locks(w.by, h, h.may(w.by, "update"))(level, p)
}

// mayCount reports whether the caller may know who holds the roles of a home and edits them, and how many do: whoever may
// read them all.
func (h home) mayCount(by *Subject) bool {
	if h.site() {
		return by.Can("read", usersObject)
	}
	return by.Can("read", membersObject(h.org.ID))
}

// Unknown is a number that the caller may not know.
const Unknown = -1

// holdersFor is holders as far as the caller may know.
func (s source) holdersFor(ctx context.Context, by *Subject, h home) (map[string]int, error) {
	if !h.mayCount(by) {
		return nil, nil
	}
	return s.holders(ctx, h)
}

// holders is how many hold each role of a home.
func (s source) holders(ctx context.Context, h home) (map[string]int, error) {
	counts := map[string]int{}
	if h.site() {
		rows, err := s.q.CountUserRoles(ctx)
		for _, r := range rows {
			counts[r.Role] = int(r.Users)
		}
		return counts, err
	}
	rows, err := s.q.CountMemberRoles(ctx, h.org.ID)
	for _, r := range rows {
		counts[r.Role] = int(r.Members)
	}
	return counts, err
}

// Effective is what a member may do in an organization, permission by permission.
type Effective struct {
	Organization Organization
	Member       Member
	Lines        []EffectiveLine // by area and type, in the order of the catalog
}

// EffectiveLine is one pair of resource type and action, on things of anybody's and on the member's own.
type EffectiveLine struct {
	Type    rbac.ResourceType
	Action  rbac.ActionInfo
	Anyone  rbac.Trace
	Own     rbac.Trace
	Implied bool // allowed, and every role that allows it is one that everybody holds
}

// Effective lists every pair of the catalog with its decision and where that comes from. Errors as Member.
func (s *Service) Effective(ctx context.Context, subject *Subject, organization, user string) (Effective, error) {
	m, err := s.Member(ctx, subject, organization, user)
	if err != nil {
		return Effective{}, err
	}
	src := s.snapshot(subject)
	org, err := src.organization(ctx, subject, organization)
	if err != nil {
		return Effective{}, err
	}
	target, err := src.subject(ctx, m.UserID)
	if err != nil {
		return Effective{}, err
	}
	e := Effective{Organization: organizationOf(org), Member: m}
	for _, area := range s.catalog.Areas() {
		for _, t := range area.Types {
			for _, a := range t.Actions {
				q := Question{Action: a.Name, ResourceType: t.Name}
				line := EffectiveLine{Type: t, Action: a, Anyone: veiled(target.grants.Explain(a.Name, s.asked(q, org.ID, m.UserID)), subject)}
				q.Own = true
				line.Own = veiled(target.grants.Explain(a.Name, s.asked(q, org.ID, m.UserID)), subject)
				line.Implied = s.impliedOnly(line.Anyone) && s.impliedOnly(line.Own) && line.Own.Allowed
				e.Lines = append(e.Lines, line)
			}
		}
	}
	return e, nil
}

// impliedOnly says whether nothing but the roles that everybody holds allows it.
func (s *Service) impliedOnly(t rbac.Trace) bool {
	if !t.Allowed {
		return true
	}
	return !slices.ContainsFunc(t.Deciding(), func(m rbac.Match) bool { return !s.implied(m.Role) })
}

// implied says whether everybody, or every member, holds the role.
func (s *Service) implied(r *rbac.Role) bool {
	return r == s.catalog.ImpliedSite() || r == s.catalog.ImpliedOrganization()
}
