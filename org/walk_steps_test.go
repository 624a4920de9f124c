package org_test

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// stepKind is one way to write.
type stepKind struct {
	name    string
	weight  int
	needs   rbac.Permission // who holds it is picked more often
	ofSite  bool
	anybody bool // nobody need be signed in
	people  bool // tokens with limits do not reach it
	quiet   bool // leaves the revision as it is
	take    func(a *attempt) error
}

// stepKinds is every write path there is.
var stepKinds []stepKind

var totalWeight int

func init() {
	stepKinds = slices.Concat(roleSteps, memberSteps, accountSteps, accessSteps, placeSteps, suggestSteps, endingSteps)
	for _, k := range stepKinds {
		totalWeight += k.weight
	}
}

// target picks an account.
func (a *attempt) target() *acct { return pick(a.rng, a.before.list) }

// org is the organization that the attempt is about, by name.
func (a *attempt) org() string { return a.before.names[a.place] }

// orgRoles picks names for a member of the attempt's organization.
func (a *attempt) orgRole() string {
	if custom := a.before.custom[a.place]; len(custom) > 0 && a.rng.IntN(2) == 0 {
		return pick(a.rng, custom)
	}
	return pick(a.rng, walkOrgRoles)
}

func (a *attempt) siteRole() string {
	if custom := a.before.custom[uuid.Nil]; len(custom) > 0 && a.rng.IntN(2) == 0 {
		return pick(a.rng, custom)
	}
	return pick(a.rng, walkSiteRoles)
}

// list calls one of the above a few times.
func list(a *attempt, one func() string, most int) (names []string) {
	for range a.rng.IntN(most + 1) {
		names = append(names, one())
	}
	return names
}

// customName picks the name of a role to write: mostly of one that there is.
func (a *attempt) customName(fresh []string) string {
	if custom := a.before.custom[a.place]; len(custom) > 0 && a.rng.IntN(3) > 0 {
		return pick(a.rng, custom)
	}
	return pick(a.rng, fresh)
}

func (a *attempt) permissions() []rbac.Permission {
	list := few(a.rng, walkPermissions, 4)
	for i := range list {
		list[i].Negate = a.rng.IntN(3) == 0
	}
	return list
}

// body changes a few permissions of what is stored, or names all anew.
func (a *attempt) body(name string) org.Input[org.RoleInput] {
	in := org.RoleInput{Name: name, Organization: a.permissions()}
	if r := a.stored(name); r != nil && a.rng.IntN(2) == 0 {
		in.Organization = append(slices.Clone(slices.Concat(r.Organization, r.Site)), few(a.rng, in.Organization, 2)...)
		if len(in.Organization) > 0 && a.rng.IntN(2) == 0 {
			i := a.rng.IntN(len(in.Organization))
			in.Organization = slices.Delete(in.Organization, i, i+1)
		}
	}
	if a.place == uuid.Nil {
		in.Site, in.Organization = in.Organization, nil
		if a.rng.IntN(3) == 0 {
			in.User = a.permissions()
		}
	}
	return given(in)
}

// stored is the custom role of that name where the attempt takes place, nil if there is none.
func (a *attempt) stored(name string) *org.Role {
	v, err := a.svc.Role(a.ctx, a.svc.Operator(), org.Site, name)
	if a.place != uuid.Nil {
		v, err = a.svc.Role(a.ctx, a.svc.Operator(), org.In(a.org()), name)
	}
	if err != nil || v.Role.BuiltIn {
		return nil
	}
	return &v.Role
}

var roleSteps = []stepKind{
	{name: "role-put", weight: 40, needs: perm("assign_org_role:update"), take: func(a *attempt) error {
		name := a.customName(walkRoleNames)
		a.say("puts %s in %s", name, a.org())
		return drop(a.svc.PutRole(a.ctx, a.by, org.In(a.org()), a.body(name)))
	}},
	{name: "role-create", weight: 12, needs: perm("assign_org_role:create"), take: func(a *attempt) error {
		name := pick(a.rng, walkRoleNames)
		a.say("creates %s in %s", name, a.org())
		return drop(a.svc.PutRole(a.ctx, a.by, org.In(a.org()), mustBeNew(a.body(name))))
	}},
	{name: "role-delete", weight: 8, needs: perm("assign_org_role:delete"), take: func(a *attempt) error {
		name := a.customName(walkRoleNames)
		a.say("deletes %s in %s", name, a.org())
		return drop(a.svc.DeleteRole(a.ctx, a.by, org.In(a.org()), name, nil))
	}},
	{name: "role-restore", weight: 12, needs: perm("assign_org_role:update"), take: func(a *attempt) error {
		name, version, ok := a.version()
		if !ok {
			return nil
		}
		a.say("restores %s in %s to %d", name, a.org(), version)
		return drop(a.svc.RestoreRole(a.ctx, a.by, org.In(a.org()), name, given(org.RestoreRole{Version: version})))
	}},
	{name: "site-role-put", people: true, weight: 24, needs: perm("assign_role:create"), ofSite: true, take: func(a *attempt) error {
		name := a.customName(walkSiteNames)
		a.say("puts %s", name)
		return drop(a.svc.PutRole(a.ctx, a.by, org.Site, a.body(name)))
	}},
	{name: "site-role-delete", people: true, weight: 5, needs: perm("assign_role:delete"), ofSite: true, take: func(a *attempt) error {
		name := a.customName(walkSiteNames)
		a.say("deletes %s", name)
		return drop(a.svc.DeleteRole(a.ctx, a.by, org.Site, name, nil))
	}},
	{name: "site-role-restore", people: true, weight: 8, needs: perm("assign_role:create"), ofSite: true, take: func(a *attempt) error {
		name, version, ok := a.version()
		if !ok {
			return nil
		}
		a.say("restores %s to %d", name, version)
		return drop(a.svc.RestoreRole(a.ctx, a.by, org.Site, name, given(org.RestoreRole{Version: version})))
	}},
}

// version picks one of the versions of a role.
func (a *attempt) version() (name string, version int64, ok bool) {
	stored := a.rows(a.t, `SELECT r.name, CAST(v.version AS text) FROM role_versions v JOIN roles r ON r.id = v.role_id
		WHERE coalesce(CAST(r.organization_id AS text), '') = ? ORDER BY r.name, v.version`, 2, placeText(a.place))
	if len(stored) == 0 {
		return "", 0, false
	}
	row := pick(a.rng, stored)
	version, _ = strconv.ParseInt(row[1], 10, 64)
	return row[0], version, true
}

func placeText(place uuid.UUID) string {
	if place == uuid.Nil {
		return ""
	}
	return place.String()
}

var memberSteps = []stepKind{
	{name: "assign", weight: 100, needs: perm("assign_org_role:assign"), take: func(a *attempt) error {
		user, roleNames := a.target().name, list(a, a.orgRole, 3)
		a.say("gives %s in %s %v", user, a.org(), roleNames)
		return drop(a.svc.SetMemberRoles(a.ctx, a.by, a.org(), user, roles(roleNames...)))
	}},
	{name: "bulk-add-role", weight: 20, needs: perm("assign_org_role:assign"), take: func(a *attempt) error { return a.bulk(org.BulkAddRole) }},
	{name: "bulk-remove-role", weight: 16, needs: perm("assign_org_role:unassign"), take: func(a *attempt) error { return a.bulk(org.BulkRemoveRole) }},
	{name: "bulk-replace-role", weight: 12, needs: perm("assign_org_role:unassign"), take: func(a *attempt) error { return a.bulk(org.BulkReplaceRole) }},
	{name: "bulk-remove", weight: 8, needs: perm("organization_member:delete"), take: func(a *attempt) error {
		a.ends = true
		return a.bulk(org.BulkRemove)
	}},
	{name: "add", weight: 30, needs: perm("organization_member:create"), take: func(a *attempt) error {
		user := a.target().name
		a.say("adds %s to %s", user, a.org())
		return drop(a.svc.AddMember(a.ctx, a.by, a.org(), user))
	}},
	{name: "add-many", weight: 20, needs: perm("organization_member:create"), take: func(a *attempt) error {
		var who []string
		for range 1 + a.rng.IntN(4) {
			who = append(who, a.target().name)
		}
		a.say("adds %v to %s", who, a.org())
		return drop(a.svc.AddMembers(a.ctx, a.by, a.org(), given(org.Additions{Users: who})))
	}},
	{name: "remove", weight: 12, needs: perm("organization_member:delete"), take: func(a *attempt) error {
		user := a.target().name
		a.ends = true
		a.say("removes %s from %s", user, a.org())
		return drop(a.svc.RemoveMember(a.ctx, a.by, a.org(), user, nil))
	}},
	{name: "undo-member", weight: 40, needs: perm("assign_org_role:unassign"), take: func(a *attempt) error {
		entries := a.rows(a.t, `SELECT id, action, resource_target FROM audit_logs
			WHERE resource_type = 'organization_member' AND status_code < 400 AND organization_id = ? ORDER BY seq DESC LIMIT 12`, 3, a.place.String())
		if len(entries) == 0 {
			return nil
		}
		e := pick(a.rng, entries)
		a.ends = e[1] == "create"
		a.say("undoes the %s of %s in %s", e[1], e[2], a.org())
		return drop(a.svc.Undo(a.ctx, a.by, e[0]))
	}},
}

// bulk does one thing to many: to those named, to all who match, or to all who match but a few.
func (a *attempt) bulk(action org.BulkAction) error {
	in := org.Bulk{Action: action, Role: a.orgRole()}
	if action == org.BulkReplaceRole {
		in.With = a.orgRole()
	}
	for range 5 { // mostly a role that somebody holds
		user := a.target()
		if held := user.roles[a.place]; (action == org.BulkRemoveRole || action == org.BulkReplaceRole) && len(held) > 0 && held[0] != nil {
			in.Role, in.Users = held[0].Name, []string{user.name}
		}
	}
	switch a.rng.IntN(3) {
	case 0:
		in.Match = &org.MemberFilter{Roles: []string{a.orgRole()}}
	case 1:
		in.Match = &org.MemberFilter{Query: pick(a.rng, []string{"new", "o", "e", "w"})}
	default:
		for range 1 + a.rng.IntN(5) {
			in.Users = append(in.Users, a.target().name)
		}
	}
	if action == org.BulkRemove && in.Match != nil {
		in.Match = &org.MemberFilter{Query: "new"} // or soon there would be no members
	}
	whom := fmt.Sprint(in.Users)
	if in.Match != nil {
		in.Except = []string{a.target().name, a.target().name}
		whom = fmt.Sprintf("all with %q and %v but %v", in.Match.Query, in.Match.Roles, in.Except)
	}
	a.say("does %s %s to %s in %s", in.Action, in.Role, whom, a.org())
	return drop(a.svc.BulkMembers(a.ctx, a.by, a.org(), given(in)))
}

var placeSteps = []stepKind{
	{name: "org-create", weight: 12, needs: perm("organization:create"), ofSite: true, take: func(a *attempt) error {
		name := pick(a.rng, walkOrgNames)
		a.say("creates the organization %s", name)
		return drop(a.svc.CreateOrganization(a.ctx, a.by, given(org.OrganizationInput{Name: name})))
	}},
	{name: "org-update", weight: 4, needs: perm("organization:update"), take: func(a *attempt) error {
		a.say("renames the organization %s", a.org())
		return drop(a.svc.UpdateOrganization(a.ctx, a.by, a.org(), given(org.OrganizationInput{DisplayName: fmt.Sprint("Place ", a.number())}), nil))
	}},
	{name: "org-delete", weight: 18, needs: perm("organization:delete"), take: func(a *attempt) error {
		for _, place := range a.before.orgs { // one that its maker is alone in, if there is one
			who := slices.DeleteFunc(slices.Clone(a.before.list), func(p *acct) bool { return !p.member(place) })
			if len(who) == 1 && len(a.before.custom[place]) == 0 && who[0].may(a.kind.needs, place) && a.arrive(a.svc.UserSubject(a.ctx, who[0].id)) {
				a.place = place
			}
		}
		a.say("deletes the organization %s", a.org())
		return drop(a.svc.DeleteOrganization(a.ctx, a.by, a.org(), nil))
	}},
}

// number is a new one at every call.
func (w *walk) number() int { w.made++; return w.made }
