package tenant

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// UndoBatch takes back what one request did to members and accounts. Any entry of the request names it. Each change is undone as
// by Undo, the last one first. What can't be undone is left out and listed; the rest is done. NotFound and Invalid as Undo.
// Conflict: nothing can be taken back any more.
func (s *Service) UndoBatch(ctx context.Context, subject *org.Actor, entryID string) (_ org.BulkResult, err error) {
	defer org.Wrap(&err, "undo the batch of entry %q", entryID)
	e, err := s.units.EntryToUndo(ctx, subject, entryID)
	if err != nil {
		return org.BulkResult{}, err
	}
	entries, err := s.units.BatchOf(ctx, e) // which never change
	if err != nil {
		return org.BulkResult{}, err
	}
	in := unit.OnSite
	if e.OrganizationID.Valid && !slices.ContainsFunc(entries, func(x db.AuditLog) bool { return x.OrganizationID != e.OrganizationID }) {
		in = unit.InOrganization(e.OrganizationID.UUID.String())
	}
	result, done, err := unit.Do(ctx, s.units, subject, in, "write", batch{e, entries}, planUndoBatch, applyUndoBatch)
	result.Entry = done.Entry
	return result, err
}

// batch asks to take back everything that was done in the same request as an entry.
type batch struct {
	entry   db.AuditLog
	entries []db.AuditLog // all of them, the last one first
}

// undoBatch holds what is taken back, in order, and the answer.
type undoBatch struct {
	changes []undo
	result  org.BulkResult
}

func planUndoBatch(ctx context.Context, a *unit.Attempt, in batch) (p undoBatch, err error) {
	if in.entry.OrganizationID.Valid {
		o, err := a.Organization(ctx, a.Actor, in.entry.OrganizationID.UUID.String())
		if err != nil {
			return p, err
		}
		p.result.Organization = unit.OrganizationOf(o)
	}
	if !a.Actor.Can("read", aboutWhom(&in.entry)) {
		return p, org.ErrNotFound() // as Undo: the id of an entry must not tell what it is about
	}
	a.Sets = map[uuid.UUID]*unit.RoleSet{} // of thousands of members it is the same roles
	entries := slices.DeleteFunc(slices.Clone(in.entries), func(e db.AuditLog) bool { return !a.Actor.Can("read", aboutWhom(&e)) })
	members, err := undoings(ctx, a, entries)
	if err != nil {
		return p, err
	}
	revoked := map[string]bool{}
	for i := range entries {
		e := &entries[i]
		switch u := members[e.ID]; {
		case u != nil:
			err = p.takeBack(ctx, a, u)
		case org.OfUser(e.ResourceType, e.Action):
			err = p.takeBackUser(ctx, a, e)
		case e.ResourceType == "api_key" && e.Action == "delete" && !revoked[e.ResourceTarget]:
			revoked[e.ResourceTarget] = true
			p.refuse(org.BulkRefusal{Who: e.ResourceTarget, Reason: "API tokens that were revoked stay revoked."})
		}
		if err != nil {
			return p, err
		}
	}
	switch {
	case len(p.changes) > 0:
		return p, nil
	case len(p.result.Refused) == 0 || len(members) == 0 && len(p.result.Refused) == len(revoked):
		return p, errNotUndoable
	}
	return p, changedSince(p.result.Refused[0].Reason)
}

// aboutWhom returns the object that a caller must be able to read to see an entry about a member or an account.
func aboutWhom(e *db.AuditLog) rbac.Object {
	id := unit.ParseID(e.ResourceID)
	if e.OrganizationID.Valid {
		return org.MemberObject(e.OrganizationID.UUID, id)
	}
	return org.UserObject(id)
}

// undoings reads the present state of every member that entries are about, keyed by entry id. Entries of an organization that the
// caller may not read are left out, as if they didn't exist.
func undoings(ctx context.Context, a *unit.Attempt, entries []db.AuditLog) (map[uuid.UUID]*undoing, error) {
	list := map[uuid.UUID]*undoing{}
	for _, part := range byPlace(entries) {
		o, err := a.Organization(ctx, a.Actor, part[0].OrganizationID.UUID.String())
		if org.KindOf(err) == org.NotFound {
			continue
		}
		if err == nil {
			err = undoingsIn(ctx, a, o, part, list)
		}
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// byPlace groups the entries about members by organization.
func byPlace(entries []db.AuditLog) (parts [][]*db.AuditLog) {
	at := map[uuid.UUID]int{}
	for i := range entries {
		e := &entries[i]
		if !org.OfMember(e.ResourceType) {
			continue
		}
		n, known := at[e.OrganizationID.UUID]
		if !known {
			n = len(parts)
			at[e.OrganizationID.UUID], parts = n, append(parts, nil)
		}
		parts[n] = append(parts[n], e)
	}
	return parts
}

// undoingsIn fills list for the entries of one organization.
func undoingsIn(ctx context.Context, a *unit.Attempt, o db.Organization, entries []*db.AuditLog, list map[uuid.UUID]*undoing) error {
	ids := make([]uuid.UUID, len(entries))
	for i := range entries {
		ids[i] = unit.ParseID(entries[i].ResourceID)
	}
	rows, err := membersByID(ctx, a.Reader, o.ID, ids)
	if err != nil {
		return err
	}
	if err := a.ReadRecords(ctx, o.ID, rows); err != nil {
		return err
	}
	users := map[uuid.UUID]db.UserRow{}
	for piece := range slices.Chunk(ids, unit.ChunkSize) {
		part, err := a.Q.ListUsersByID(ctx, piece)
		if err != nil {
			return err
		}
		for _, u := range part {
			users[u.ID] = u
		}
	}
	here := map[uuid.UUID]db.MemberRow{}
	for _, r := range rows {
		here[r.UserID] = r
	}
	for i, e := range entries {
		u := &undoing{Attempt: a, org: o, user: users[ids[i]], entry: e, action: e.Action}
		u.row, u.member = here[ids[i]]
		list[e.ID] = u
	}
	return nil
}

func (p *undoBatch) refuse(r org.BulkRefusal) { p.result.Refused = append(p.result.Refused, r) }

// leaveOut leaves a change out. From then on not even a site owner may leave an organization without an admin: whoever took over
// stays admin where no one comes back.
func (p *undoBatch) leaveOut(a *unit.Attempt, r org.BulkRefusal) {
	a.BindOwners()
	p.refuse(r)
}

// takeBack decides about one change of a member, given what was decided before it.
func (p *undoBatch) takeBack(ctx context.Context, a *unit.Attempt, u *undoing) error {
	c, err := memberChange{}, error(changedSince(fmt.Sprintf("The account %s is gone.", u.entry.ResourceTarget)))
	if u.user.ID != uuid.Nil {
		if err = u.told(u.entry, "roles"); err == nil {
			c, err = u.undoMember(ctx)
		}
	}
	refusal, refused := errors.AsType[*org.Error](err)
	switch {
	case refused:
		r := org.BulkRefusal{Who: u.entry.ResourceTarget, Reason: cmp.Or(refusal.Detail, refusal.Message)}
		if u.member {
			m, err := a.MemberOf(ctx, u.row)
			if err != nil {
				return err
			}
			r.Member = &m
		}
		p.leaveOut(a, r)
	case err != nil:
		return err
	case c.changes():
		a.WillHold(c.HolderChange)
		p.changes = append(p.changes, undo{member: &c})
		p.result.Done = append(p.result.Done, c.member)
	default:
		p.result.Unchanged = append(p.result.Unchanged, c.member)
	}
	return nil
}

// takeBackUser decides about one change of an account. There are never more than one bulk action of accounts makes.
func (p *undoBatch) takeBackUser(ctx context.Context, a *unit.Attempt, e *db.AuditLog) error {
	c, err := planUndo(ctx, a, *e)
	refusal, refused := errors.AsType[*org.Error](err)
	switch {
	case refused:
		a.WontEnd(unit.ParseID(e.ResourceID))
		p.leaveOut(a, org.BulkRefusal{Who: e.ResourceTarget, Reason: cmp.Or(refusal.Detail, refusal.Message)})
	case err != nil:
		return err
	case c.status != nil:
		p.changes, p.result.Users = append(p.changes, c), append(p.result.Users, c.status.User())
	default:
		p.changes, p.result.Users = append(p.changes, c), append(p.result.Users, c.user.user)
	}
	return nil
}

// applyUndoBatch stores the changes, each with an entry that names its effect: taking back an addition is a removal.
func applyUndoBatch(ctx context.Context, w *unit.Writer, p undoBatch) (org.BulkResult, error) {
	for _, c := range p.changes {
		action, status := "write", 200
		switch {
		case c.member != nil && c.member.Leaves:
			action, status = "delete", 204
		case c.member != nil && c.member.Joins:
			action = "create"
		}
		w.Begin(action, status)
		switch {
		case c.member != nil:
			w.About("organization_member", c.member.User, c.member.Username, c.member.Place)
		case c.status != nil:
			u := c.status.User()
			w.About("user", u.ID, u.Username, uuid.Nil)
		default:
			w.About("user", c.user.User, c.user.Username, uuid.Nil)
		}
		if _, err := applyUndo(ctx, w, c); err != nil {
			return p.result, err
		}
		if err := w.Record(ctx); err != nil {
			return p.result, err
		}
	}
	return p.result, nil
}
