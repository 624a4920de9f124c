package insight

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// bySize orders suggestions by the size of the change: fewest people first, then fewest other permissions. Changes in the
// organization come before those on the site, and changing the owner comes last: it turns every verdict and is rarely needed.
func bySize(a, b org.Suggestion) int {
	return cmp.Or(
		compareBools(a.FullControl(), b.FullControl()), compareBools(a.OfSite(), b.OfSite()),
		compareBools(a.Members == 0, b.Members == 0), cmp.Compare(a.Members, b.Members),
		cmp.Compare(a.Gained, b.Gained), cmp.Compare(a.Lost, b.Lost),
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

// grantList returns an account's grants in the form the engine takes.
func grantList(s *org.Actor) ([]rbac.ID, []rbac.Grant) {
	var orgs []rbac.ID
	for _, g := range s.Grants.Grants() {
		if g.Org != (rbac.ID{}) {
			orgs = append(orgs, g.Org)
		}
	}
	return orgs, s.Grants.Grants()
}

// objectAsked returns the thing that a question is about. If its type never belongs to an organization, it does not belong to
// this one either, whatever a role of the organization says about such things: code that enforces asks the same way.
func objectAsked(c *rbac.Catalog, q org.Question, orgID, member uuid.UUID) rbac.Object {
	o := rbac.Object{Type: q.ResourceType, Org: orgID}
	if c.SiteOnly(q.ResourceType) {
		o.Org = rbac.ID{}
	}
	if q.Own {
		o.Owner = member
	}
	return o
}

// askedPair refuses a question whose pair is not in the catalog. A question has one type: "*" is for rules. Invalid.
func askedPair(c *rbac.Catalog, q org.Question) error {
	if q.ResourceType != rbac.Wildcard && c.Valid(q.ResourceType, q.Action) {
		return nil
	}
	return org.FieldErrors{{Field: "action", Detail: fmt.Sprintf("there is no action %q on %q", q.Action, q.ResourceType)}}.Err("Unknown permission.")
}

// Explain answers why a member may or may not do something. NotFound and Invalid as Member; Invalid: no such pair of
// resource type and action.
func (s *Service) Explain(ctx context.Context, subject *org.Actor, organization, user string, q org.Question) (_ org.Explanation, err error) {
	defer org.Wrap(&err, "explain %q in %q", user, organization)
	q = s.presentQuestion(subject, q)
	if err := askedPair(subject.Catalog, q); err != nil {
		return org.Explanation{}, err
	}
	e := org.Explanation{Question: q}
	// Trace, words and suggestions must be of one snapshot.
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		o, err := src.Organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		e.Organization = unit.OrganizationOf(o)
		if e.Member, err = src.MemberView(ctx, subject, o, user); err != nil {
			return err
		}
		target, err := src.Subject(ctx, e.Member.UserID)
		if err != nil {
			return err
		}
		target = subject.LimitedAs(target)
		homes := []unit.RoleScope{{Org: o, Object: org.OrgRolesObject(o.ID)}, unit.SiteScope}
		err = explain(ctx, src, subject, homes, objectAsked(src.Catalog(), q, o.ID, e.Member.UserID), target, &e)
		e.Words.Headline, e.Words.Then = headline(src.Catalog(), &e.Trace, q, e.Member, e.Organization.Label())
		return err
	})
	if err != nil {
		return org.Explanation{}, err
	}
	return e, nil
}

// explain asks the engine about the account of e.Member, and looks among the roles of these homes for what would turn the
// verdict. No role turns that of a suspended account.
func explain(ctx context.Context, s unit.Reader, by *org.Actor, homes []unit.RoleScope, o rbac.Object, target *org.Actor, e *org.Explanation) (err error) {
	// The trace must not name organizations that the caller may not read.
	e.Trace = unit.Veiled(target.Grants.Explain(e.Question.Action, o), by)
	e.Words = tell(s.Catalog(), e.Trace, e.Question, e.Member)
	if e.Member.Status == org.StatusSuspended {
		return nil
	}
	if err := tellEnds(ctx, s, o, target, e); err != nil {
		return err
	}
	w := whatIf{Reader: s, by: by, target: target, member: e.Member, homes: homes, action: e.Question.Action, object: o}
	e.Changes, err = w.suggestions(ctx)
	return err
}

// whatIf tries single changes on an account and keeps those that turn the verdict.
type whatIf struct {
	unit.Reader
	// the caller; target is the account that is asked about
	by     *org.Actor
	target *org.Actor
	member org.Member
	homes  []unit.RoleScope // the places whose roles are tried
	action string
	object rbac.Object
	found  []org.Suggestion
}

// suggestions tries the roles of those homes whose roles the caller may read.
func (w *whatIf) suggestions(ctx context.Context) ([]org.Suggestion, error) {
	for _, h := range w.homes {
		if !w.by.Can("read", h.Object) {
			continue
		}
		set, err := w.Roles(ctx, h.Org.ID)
		if err != nil {
			return nil, err
		}
		counts, err := w.HoldersFor(ctx, w.by, h)
		if err != nil {
			return nil, err
		}
		records, err := w.RecordsOf(ctx, h.Org.ID, w.member.UserID)
		if err != nil {
			return nil, err
		}
		for i := range set.List {
			r := &set.List[i]
			// A holder of a role can lose it or have it changed; anybody else can only be given it.
			if !w.target.Grants.HasRole(r.Name, h.Org.ID) {
				w.try(org.Suggestion{Kind: org.GiveRole, Members: 1, Refusal: w.mayHand(h, r, "assign")}, h, r, r.Compiled)
				continue
			}
			refusal := cmp.Or(w.mayHand(h, r, "unassign"), unit.SyncedRefusal(records[w.member.UserID], r.Name))
			w.try(org.Suggestion{Kind: org.TakeRole, Members: 1, Refusal: refusal}, h, r, nil)
			if !r.BuiltIn {
				w.tryEdits(h, r, counts[r.Name])
			}
		}
	}
	// Suggestions of equal size keep the order of the lists of roles.
	slices.SortStableFunc(w.found, bySize)
	return w.found, nil
}

// tryEdits tries changing the asked permission, and the same action on all types, in a role that the member holds.
func (w *whatIf) tryEdits(h unit.RoleScope, r *unit.SetRole, members int) {
	// These are the levels that a custom role of the place may have (docs/spec/roles.md).
	levels := []rbac.Level{rbac.LevelOrganization}
	if h.Site() {
		levels = []rbac.Level{rbac.LevelSite, rbac.LevelUser}
	}
	for _, level := range levels {
		for _, resourceType := range []string{w.object.Type, rbac.Wildcard} {
			w.tryStates(h, r, level, rbac.Permission{ResourceType: resourceType, Action: w.action}, members)
		}
	}
}

// tryStates tries the three states of a permission in a role. It does not try a new rule for all types, which would do what one
// for the asked type does, and more.
func (w *whatIf) tryStates(h unit.RoleScope, r *unit.SetRole, level rbac.Level, allow rbac.Permission, members int) {
	deny := allow
	deny.Negate = true
	list := *r.At(level.String())
	rest := slices.DeleteFunc(slices.Clone(list), func(p rbac.Permission) bool { return p == allow || p == deny })
	stored := len(rest) < len(list)
	if allow.ResourceType == rbac.Wildcard && !stored {
		return
	}
	for _, edit := range []struct {
		kind org.SuggestionKind
		list []rbac.Permission
	}{
		{org.ClearPermission, rest},
		{org.AllowPermission, append(slices.Clone(rest), allow)},
		{org.DenyPermission, append(slices.Clone(rest), deny)},
	} {
		if edit.kind == org.ClearPermission && !stored {
			continue
		}
		// This has to be a copy: the stored role is shared by all requests.
		role := r.Role
		*role.At(level.String()) = edit.list
		w.try(org.Suggestion{Kind: edit.kind, Level: level, Permission: allow, Members: members, Refusal: w.mayEdit(h, level, allow)},
			h, r, w.Catalog().Compile(rbac.Role{Name: r.Name, Site: role.Site, Organization: role.Organization, User: role.User}))
	}
}

// try keeps a suggestion if the verdict turns when role r becomes the one given; nil removes it.
// It also counts the other decisions that would turn, to show how large the change is.
func (w *whatIf) try(s org.Suggestion, h unit.RoleScope, r *unit.SetRole, becomes *rbac.Role) {
	orgs, old := grantList(w.target)
	var grants []rbac.Grant
	for _, g := range old {
		if g.Role.Name != r.Name || g.Org != h.Org.ID { // by name: they may have been read at different times
			grants = append(grants, g)
		}
	}
	if becomes != nil {
		grants = append(grants, rbac.Grant{Role: becomes, Org: h.Org.ID})
	}
	after := w.Catalog().NewSubject(w.member.UserID, orgs, grants)
	verdict := after.Authorize(w.action, w.object)
	if verdict == w.target.Grants.Authorize(w.action, w.object) {
		return
	}
	for _, t := range w.Turns(w.target.Grants, after, h.Org.ID, w.member.UserID) {
		switch {
		case t.Permission.ResourceType == w.object.Type && t.Permission.Action == w.action:
		case t.Gained:
			s.Gained++
		default:
			s.Lost++
		}
	}
	s.Role = org.RoleRef{Name: r.Name, DisplayName: r.DisplayName, OrganizationID: h.Org.ID, BuiltIn: r.BuiltIn}
	w.found = append(w.found, s)
}

// mayHand says why the caller may not give the role to the member, or take it; "" if it may.
// Oneself comes first, as in docs/spec/assigning.md.
func (w *whatIf) mayHand(h unit.RoleScope, r *unit.SetRole, action string) string {
	if w.member.Self {
		return "You can't change your own roles"
	}
	if !h.Site() && w.member.RolesRefusal != "" {
		return w.member.RolesRefusal
	}
	return unit.GiveRefusal(w.by, action, h.Object, r)
}

// mayEdit says why the caller may not change a permission in a role; "" if it may.
// The role editor asks the same, so that the two agree.
func (w *whatIf) mayEdit(h unit.RoleScope, level rbac.Level, p rbac.Permission) string {
	return w.Locks(w.by, h, h.May(w.by, "update"))(level, p)
}

// Effective lists every pair of the catalog with its decision and where that comes from. Errors as Member.
func (s *Service) Effective(ctx context.Context, subject *org.Actor, organization, user string) (_ org.EffectivePermissions, err error) {
	defer org.Wrap(&err, "list permissions of %q in %q", user, organization)
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) (org.EffectivePermissions, error) {
		return s.effective(ctx, src, subject, organization, user)
	})
}

func (s *Service) effective(ctx context.Context, src unit.Reader, subject *org.Actor, organization, user string) (org.EffectivePermissions, error) {
	o, err := src.Organization(ctx, subject, organization)
	if err != nil {
		return org.EffectivePermissions{}, err
	}
	m, err := s.units.Member(ctx, subject, organization, user)
	if err != nil {
		return org.EffectivePermissions{}, err
	}
	target, err := src.Subject(ctx, m.UserID)
	if err != nil {
		return org.EffectivePermissions{}, err
	}
	target = subject.LimitedAs(target)
	e := org.EffectivePermissions{Organization: unit.OrganizationOf(o), Member: m}
	for _, area := range src.Catalog().Areas() {
		for _, t := range area.Types {
			for _, a := range t.Actions {
				q := org.Question{Action: a.Name, ResourceType: t.Name}
				line := org.EffectivePermission{Type: t, Action: a, Anyone: unit.Veiled(target.Grants.Explain(a.Name, objectAsked(src.Catalog(), q, o.ID, m.UserID)), subject)}
				// The user level counts only for things that the member owns, so each pair is asked about twice.
				q.Own = true
				line.Own = unit.Veiled(target.Grants.Explain(a.Name, objectAsked(src.Catalog(), q, o.ID, m.UserID)), subject)
				line.Implied = impliedOnly(src.Catalog(), line.Anyone) && impliedOnly(src.Catalog(), line.Own) && line.Own.Allowed
				line.ManagedBy = managersOf(&line, o.ID, m.Assignments)
				e.Lines = append(e.Lines, line)
			}
		}
	}
	return e, nil
}

// managersOf returns the providers and directories that give a member the roles that decide about a permission. It includes
// roles that were also given by hand, since taking those by hand would change nothing. It leaves out site roles: the records of
// a membership do not include them, and a caller who may read a member may not be allowed to read what it holds elsewhere.
func managersOf(l *org.EffectivePermission, place uuid.UUID, records []org.Assignment) []org.ManagedBy {
	var from []org.Assignment
	for _, r := range records {
		if r.Source.Synced() && slices.ContainsFunc(l.Decision().Deciding(), func(m rbac.Match) bool { return m.Org == place && m.Role.Name == r.Role }) {
			from = append(from, r)
		}
	}
	return org.ManagersOf(from)
}

// impliedOnly reports whether only the roles that everybody holds allow it.
// A pair passes if these roles refuse it on others' things and allow it on one's own, so a refusal is no exception.
func impliedOnly(c *rbac.Catalog, t rbac.Trace) bool {
	if !t.Allowed {
		return true
	}
	return !slices.ContainsFunc(t.Deciding(), func(m rbac.Match) bool { return !implied(c, m.Role) })
}

// implied reports whether everybody, or every member, holds the role.
// These two roles are in no list and are never given or taken (docs/spec/assigning.md).
func implied(c *rbac.Catalog, r *rbac.Role) bool {
	return r.BuiltIn && (r.Name == c.ImpliedSite().Name || r.Name == c.ImpliedOrganization().Name)
}
