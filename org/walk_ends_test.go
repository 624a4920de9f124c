package org_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// until picks an end: it falls between two steps, or there is none.
func (a *attempt) until() *time.Time {
	if a.rng.IntN(3) == 0 {
		return nil
	}
	at := a.clock.still().Add(time.Duration(1+a.rng.IntN(60))*time.Minute + 30*time.Second)
	return &at
}

// passed reports whether an end of a record has come since a moment.
func (w *walk) passed(since time.Time) bool {
	n := w.site.number(w.t, `SELECT (SELECT count(*) FROM member_roles WHERE ends_at > ? AND ends_at <= ?) + (SELECT count(*) FROM user_roles WHERE ends_at > ? AND ends_at <= ?)`,
		since.UTC(), w.clock.still().UTC(), since.UTC(), w.clock.still().UTC())
	return n > 0
}

// endingSteps give what ends, and do several things at once.
var endingSteps = []stepKind{
	{name: "record-put", weight: 60, needs: perm("assign_org_role:assign"), take: func(a *attempt) error {
		user, role, in := a.target().name, a.orgRole(), org.RecordInput{Terms: org.Terms{Until: a.until()}}
		if a.rng.IntN(6) == 0 {
			role, a.ends = org.RoleOrganizationUser, true
		}
		a.say("gives %s in %s %s until %v", user, a.org(), role, in.Until)
		_, expected := a.svc.PreviewMemberRole(a.ctx, dry(a.by), a.org(), user, role, given(in))
		_, _, err := a.svc.PutMemberRole(a.ctx, a.by, a.org(), user, role, given(in))
		return a.asForetold(expected, err)
	}},
	{name: "record-end", weight: 24, needs: perm("assign_org_role:unassign"), take: func(a *attempt) error {
		user, role := a.target(), a.orgRole()
		if held := user.roles[a.place]; len(held) > 0 && held[0] != nil {
			role = held[0].Name
		}
		if a.rng.IntN(6) == 0 {
			role, a.ends = org.RoleOrganizationUser, true
		}
		a.say("ends %s of %s in %s", role, user.name, a.org())
		_, expected := a.svc.PreviewEndMemberRole(a.ctx, dry(a.by), a.org(), user.name, role, nil)
		_, err := a.svc.EndMemberRole(a.ctx, a.by, a.org(), user.name, role, nil)
		return a.asForetold(expected, err)
	}},
	{name: "site-record-put", weight: 30, needs: perm("assign_role:assign"), ofSite: true, take: func(a *attempt) error {
		user, role, in := a.target(), a.siteRole(), org.RecordInput{Terms: org.Terms{Until: a.until()}}
		a.acted = user.id
		a.say("gives %s %s until %v", user.name, role, in.Until)
		_, expected := a.svc.PreviewUserRole(a.ctx, dry(a.by), user.name, role, given(in))
		_, _, err := a.svc.PutUserRole(a.ctx, a.by, user.name, role, given(in))
		return a.asForetold(expected, err)
	}},
	{name: "offboard", weight: 30, needs: perm("user:update"), ofSite: true, take: func(a *attempt) error {
		user := a.target()
		in := org.Offboarding{Suspend: a.rng.IntN(2) == 0, EndSessions: a.rng.IntN(2) == 0, Leave: a.rng.IntN(2) == 0, RevokeTokens: a.rng.IntN(3) == 0, HandOver: map[string]string{}}
		for _, place := range user.homes {
			if a.rng.IntN(2) == 0 {
				heir := a.target()
				for range 5 {
					if !heir.member(place) {
						heir = a.target()
					}
				}
				in.HandOver[a.before.names[place]] = heir.name
			}
		}
		a.ends = true
		a.say("offboards %s: %+v", user.name, in)
		_, expected := a.svc.PreviewOffboard(a.ctx, dry(a.by), user.name, given(in))
		_, err := a.svc.Offboard(a.ctx, a.by, user.name, given(in))
		return a.asForetold(expected, err)
	}},
	{name: "undo-batch", weight: 40, needs: perm("user:update"), take: func(a *attempt) error {
		entries := a.rows(a.t, `SELECT id, action, resource_target, changes FROM audit_logs WHERE status_code < 400 AND (resource_type = 'organization_member' OR resource_type = 'user' AND action = 'write')
			ORDER BY seq DESC LIMIT 12`, 4)
		if len(entries) == 0 {
			return nil
		}
		e := pick(a.rng, entries)
		a.ends = true
		a.say("undoes all of the %s of %s: %s", e[1], e[2], e[3])
		return drop(a.svc.UndoBatch(a.ctx, a.by, e[0]))
	}},
	{name: "undo-one", weight: 20, needs: perm("user:update"), take: func(a *attempt) error {
		entries := a.rows(a.t, `SELECT id, action, resource_target, changes FROM audit_logs WHERE status_code < 400 AND (resource_type IN ('organization_member', 'custom_role') OR resource_type = 'user' AND action = 'write')
			ORDER BY seq DESC LIMIT 12`, 4)
		if len(entries) == 0 {
			return nil
		}
		e := pick(a.rng, entries)
		a.ends = true
		a.say("undoes the %s of %s: %s", e[1], e[2], e[3])
		_, expected := a.svc.PreviewUndo(a.ctx, dry(a.by), e[0])
		return a.asForetold(expected, drop(a.svc.Undo(a.ctx, a.by, e[0])))
	}},
	{name: "bulk-users", weight: 20, needs: perm("user:update"), ofSite: true, take: func(a *attempt) error {
		in := org.UserBulk{Action: pick(a.rng, []org.BulkAction{org.BulkSuspend, org.BulkActivate, org.BulkActivate})}
		for range 1 + a.rng.IntN(5) {
			in.Users = append(in.Users, a.target().name)
		}
		a.say("does %s to %v", in.Action, in.Users)
		would, expected := a.svc.PreviewBulkUsers(a.ctx, dry(a.by), given(in))
		is, err := a.svc.BulkUsers(a.ctx, a.by, given(in))
		if err == nil && expected == nil && (len(would.Done) != len(is.Done) || len(would.Refused) != len(is.Refused)) {
			a.t.Errorf("%s %s: a dry run says %+v, the real one %+v", a.who(), a.what, would, is)
		}
		return a.asForetold(expected, err)
	}},
}

// asForetold fails the walk if a dry run says something else than the change does.
func (a *attempt) asForetold(dry, err error) error {
	if (dry == nil) != (err == nil) || err != nil && dry.Error() != err.Error() {
		a.t.Errorf("%s %s: a dry run says %v, the real one %v", a.who(), a.what, dry, err)
	}
	return err
}

// alone tells of places that someone could run for good, and that no one can any more, and of those without their last admin.
func alone(a *attempt, after *state) (bad []string) {
	if len(after.working()) > 0 && !slices.ContainsFunc(after.working(), func(p *acct) bool { return p.good[uuid.Nil]["owner"] }) {
		bad = append(bad, "no owner works for good")
	}
	if a.actor == nil || a.actor.owner() {
		return bad
	}
	for _, place := range after.orgs {
		if a.before.ableForGood(place) && !after.ableForGood(place) {
			bad = append(bad, "no one can run for good "+after.names[place])
		}
		if a.before.administered(place) && !after.administered(place) {
			bad = append(bad, "no admin for good in "+after.names[place])
		}
	}
	return bad
}

func (st *state) ableForGood(place uuid.UUID) bool {
	return slices.ContainsFunc(st.list, func(a *acct) bool {
		if !a.signsIn() || a.good[uuid.Nil]["owner"] || !a.good[place][org.RoleOrganizationUser] {
			return false
		}
		s := a.forGood()
		return !slices.ContainsFunc(runsOrganization, func(p rbac.Permission) bool {
			return !s.Authorize(p.Action, rbac.Object{Type: p.ResourceType, Org: place})
		})
	})
}

func (st *state) administered(place uuid.UUID) bool {
	return slices.ContainsFunc(st.list, func(a *acct) bool {
		return a.signsIn() && a.good[place][org.RoleOrganizationUser] && a.good[place][org.RoleOrganizationAdmin]
	})
}

// forGood is somebody with what they hold for good alone.
func (a *acct) forGood() *rbac.Subject {
	var homes []rbac.ID
	var list []rbac.Grant
	for place, held := range a.good {
		if place != uuid.Nil && !held[org.RoleOrganizationUser] {
			continue
		}
		if place != uuid.Nil {
			homes = append(homes, place)
		}
		for _, role := range a.roles[place] {
			if role != nil && held[role.Name] {
				list = append(list, rbac.Grant{Role: role, Org: place})
			}
		}
	}
	return rbac.Default().NewSubject(a.id, homes, list)
}

// readHeld reads what everybody holds just now.
func (r *reader) readHeld(tb testing.TB, st *state, custom map[uuid.UUID]map[string]*rbac.Role) {
	now := r.clock.still().UTC()
	for _, row := range r.rows(tb, `SELECT user_id, CAST(organization_id AS text), role, CASE WHEN max(CASE WHEN ends_at IS NULL THEN 1 ELSE 0 END) = 1 THEN 'good' ELSE '' END
		FROM member_roles WHERE ends_at IS NULL OR ends_at > ? GROUP BY 1, 2, 3
		UNION ALL SELECT user_id, '', role, CASE WHEN max(CASE WHEN ends_at IS NULL THEN 1 ELSE 0 END) = 1 THEN 'good' ELSE '' END
		FROM user_roles WHERE ends_at IS NULL OR ends_at > ? GROUP BY 1, 2, 3 ORDER BY 2, 3`, 4, now, now) {
		a, place := st.accounts[uuid.MustParse(row[0])], uuid.Nil
		if row[1] != "" {
			place = uuid.MustParse(row[1])
		}
		if a.good[place] == nil {
			a.good[place] = map[string]bool{}
		}
		a.good[place][row[2]] = row[3] == "good"
		if row[2] == "organization-member" {
			a.homes = append(a.homes, place)
			a.content += fmt.Sprint(" ", place, row[3])
			continue
		}
		role, ok := rbac.Default().BuiltIn(row[2])
		if !ok {
			role = custom[place][row[2]]
		}
		a.roles[place] = append(a.roles[place], role)
		a.content += fmt.Sprintf(" %s/%p%s", place, role, row[3])
	}
	for _, a := range st.list { // roles without a membership are over
		for place := range a.roles {
			if place != uuid.Nil && !a.member(place) {
				delete(a.roles, place)
			}
		}
	}
}
