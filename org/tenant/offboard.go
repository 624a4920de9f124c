package tenant

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/unit"
)

// Offboard suspends an account, ends its sessions and tokens, and takes it out of its organizations, as far as the request asks,
// in one transaction. Each change has its own entry; they share the id of the request. Where the request names a member to take
// over, that member becomes organization admin first.
// Invalid: no such user, the caller's own account, nothing to do, the last owner, or no one to take over. Forbidden: as for
// suspending, revoking and giving a role on their own. Conflict: IfMatch does not include the stored version.
// The receipt names one of the entries, by which UndoBatch takes back what it can.
func (s *Service) Offboard(ctx context.Context, subject *org.Actor, user string, input org.Input[org.Offboarding]) (_ org.Offboarded, _ org.Receipt, err error) {
	defer org.Wrap(&err, "offboard %q", user)
	return unit.Do(ctx, s.units, subject, unit.OnSite, "write", offboard{user, input}, planOffboard, applyOffboard)
}

// PreviewOffboard returns what Offboard would answer. Errors as there.
func (s *Service) PreviewOffboard(ctx context.Context, subject *org.Actor, user string, input org.Input[org.Offboarding]) (_ org.Offboarded, err error) {
	defer org.Wrap(&err, "preview offboarding %q", user)
	p, _, err := unit.Try(ctx, s.units, subject, offboard{user, input}, planOffboard)
	return p.done, err
}

// offboard asks to offboard the account that a path names.
type offboard struct {
	user  string
	input org.Input[org.Offboarding]
}

// offboardPlan is what was decided.
type offboardPlan struct {
	row    db.UserRow
	wanted org.Offboarding
	heirs  []memberChange // who take over
	leaves []memberChange
	status *account.StatusChange
	done   org.Offboarded
}

// planOffboard decides each step as if it were a change on its own, taking over first: the guards check every later step
// against the state that the earlier ones leave.
func planOffboard(ctx context.Context, a *unit.Attempt, in offboard) (p offboardPlan, err error) {
	if p.row, err = a.Account(ctx, in.user); err != nil {
		return p, err
	}
	if p.row.ID == a.Actor.ID() {
		return p, org.ErrInvalid("You cannot offboard yourself.", "")
	}
	if err := account.MayStop(ctx, a, p.row, true, false); err != nil {
		return p, err
	}
	if p.wanted, err = in.input.Read(); err != nil {
		return p, err
	}
	var bad org.FieldErrors
	bad.Add("reason", org.TextProblem(p.wanted.Reason, 500))
	if p.wanted.Nothing() {
		bad.Add("suspend", "choose at least one step")
	}
	if err := bad.Err("Validation failed."); err != nil {
		return p, err
	}
	if err := account.MayStop(ctx, a, p.row, false, p.wanted.RevokeTokens); err != nil {
		return p, err
	}
	tag := org.Tag(p.row.Version, p.row.ID)
	if err := a.BegunFrom(ctx, p.wanted.IfMatch, tag, unit.AccountChanged); err != nil {
		return p, err
	}
	if p.done.User, err = a.User(ctx, p.row); err != nil {
		return p, err
	}
	if err := p.homes(ctx, a); err != nil {
		return p, err
	}
	p.done.Undoable = len(p.heirs)+len(p.leaves) > 0
	if !p.wanted.Suspend {
		if p.empty() {
			a.Aside() // it was in no organization, so there is nothing to record
		}
		return p, nil
	}
	status, err := account.DecideStatus(ctx, a, p.row.ID.String(), org.StatusSuspended, nil)
	p.status, p.done.User, p.done.Undoable = &status, status.User(), p.done.Undoable || status.Changes()
	return p, err
}

// empty reports whether there is nothing to store.
func (p *offboardPlan) empty() bool {
	return len(p.heirs)+len(p.leaves) == 0 && !p.wanted.Suspend && !p.wanted.EndSessions && !p.wanted.RevokeTokens && p.wanted.Reason == ""
}

// homes decides about the organizations of the account: who takes over in each, and which of them the account leaves.
func (p *offboardPlan) homes(ctx context.Context, a *unit.Attempt) error {
	rows, err := a.Memberships(ctx, p.row.ID)
	if err != nil {
		return err
	}
	unused := maps.Clone(p.wanted.HandOver)
	for i := range rows {
		o, err := a.Organization(ctx, a.Actor, rows[i].OrganizationID.String())
		if org.KindOf(err) == org.NotFound { // the caller may not even know of it
			continue
		}
		if err != nil {
			return err
		}
		delete(unused, o.Name)
		if err := p.handOver(ctx, a, o); err != nil {
			return err
		}
		if !p.wanted.Leave {
			continue
		}
		if !a.Actor.Can("delete", org.MembersObject(o.ID)) {
			p.done.Kept = append(p.done.Kept, unit.OrganizationOf(o))
			continue
		}
		row, err := a.MemberRow(ctx, o.ID, p.row.ID)
		if err != nil {
			return err
		}
		c, err := decideRemoval(ctx, a, o, row, nil)
		if e, ok := errors.AsType[*org.Error](err); ok && e.Kind == org.Invalid && p.wanted.HandOver[o.Name] == "" {
			return org.WithFields(err, org.FieldErrors{{Field: "hand_over", Detail: "choose who takes over in " + o.DisplayName}})
		}
		if err != nil {
			return err
		}
		a.WillHold(c.HolderChange)
		p.leaves, p.done.Organizations = append(p.leaves, c), append(p.done.Organizations, unit.OrganizationOf(o))
	}
	var bad org.FieldErrors
	for _, name := range slices.Sorted(maps.Keys(unused)) {
		bad.Add("hand_over", "the account is in no organization "+name)
	}
	return bad.Err("Validation failed.")
}

// handOver makes the member that the request names for an organization its admin.
func (p *offboardPlan) handOver(ctx context.Context, a *unit.Attempt, o db.Organization) error {
	heir := p.wanted.HandOver[o.Name]
	if heir == "" {
		return nil
	}
	row, err := a.Member(ctx, a.Actor, o.ID, heir)
	if kind := org.KindOf(err); kind == org.NotFound || kind == org.Invalid || err == nil && row.UserID == p.row.ID {
		return org.FieldErrors{{Field: "hand_over", Detail: "choose another member of " + o.DisplayName}}.Err("Validation failed.")
	}
	if err != nil {
		return err
	}
	// The guard rails would not count this member, and don't bind site owners, who may knowingly leave it without an admin.
	in, err := a.HasWayIn(ctx, row.UserID)
	if err != nil {
		return err
	}
	if !in || org.Status(row.Status) != org.StatusActive {
		return org.FieldErrors{{Field: "hand_over", Detail: "choose an active member of " + o.DisplayName + " who can sign in"}}.Err("Validation failed.")
	}
	set, err := a.Roles(ctx, o.ID)
	if err != nil {
		return err
	}
	roles := unit.RoleNames(set.Refs(row.Roles))
	if slices.Contains(roles, org.RoleOrganizationAdmin) {
		return nil
	}
	c, err := decideRoles(ctx, a, o, row, org.Given(org.RolesInput{
		Roles: append(roles, org.RoleOrganizationAdmin), Terms: org.Terms{Reason: p.wanted.Reason},
	}))
	if err == nil && c.changes() {
		a.WillHold(c.HolderChange)
		p.heirs = append(p.heirs, c)
	}
	return err
}

// applyOffboard stores everything, with an entry for each change.
func applyOffboard(ctx context.Context, w *unit.Writer, p offboardPlan) (org.Offboarded, error) {
	if err := storeMembers(ctx, w, "write", p.heirs); err != nil {
		return p.done, err
	}
	if err := storeMembers(ctx, w, "delete", p.leaves); err != nil {
		return p.done, err
	}
	if p.wanted.RevokeTokens {
		w.Begin("delete", 200)
		w.About("api_key", p.row.ID, p.row.Username, uuid.Nil)
		if err := account.EndTokens(ctx, w, p.row.ID); err != nil {
			return p.done, err
		}
		if err := w.Record(ctx); err != nil {
			return p.done, err
		}
	}
	w.Begin("write", 200)
	sessions := p.wanted.EndSessions && !p.wanted.RevokeTokens // with the tokens they have ended already
	if p.status == nil && !sessions && p.wanted.Reason == "" {
		return p.done, nil // nothing of the account itself
	}
	w.About("user", p.row.ID, p.row.Username, uuid.Nil)
	if p.wanted.Reason != "" {
		w.Field("reason", nil, p.wanted.Reason)
	}
	if sessions {
		if err := account.EndSessionsOf(ctx, w, p.row); err != nil {
			return p.done, err
		}
	}
	if p.status == nil {
		return p.done, nil
	}
	return p.done, p.status.Store(ctx, w)
}

// storeMembers stores changes of members, each with its own entry.
func storeMembers(ctx context.Context, w *unit.Writer, action string, list []memberChange) error {
	for _, c := range list {
		w.Begin(action, 200)
		w.About("organization_member", c.User, c.Username, c.Place)
		if err := storeMember(ctx, w, c); err != nil {
			return err
		}
		if err := w.Record(ctx); err != nil {
			return err
		}
	}
	return nil
}
