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
)

// maxBatch is how far from an entry the others of its batch are looked for. A bulk action has one for each member, and one
// for each link or token that ends with it.
const maxBatch = 2 * MaxBulk

// UndoBatch takes back what a bulk action did to members, by any of its entries: each change as Undo would, the last one
// first. Those that can't be taken back are left out and told of; the others are. NotFound and Invalid as Undo.
// Conflict: none can be taken back any more.
func (s *Service) UndoBatch(ctx context.Context, subject *org.Actor, entryID string) (_ org.BulkResult, err error) {
	defer org.Wrap(&err, "undo the batch of entry %q", entryID)
	e, err := s.units.EntryToUndo(ctx, subject, entryID)
	if err != nil {
		return org.BulkResult{}, err
	}
	if !e.OrganizationID.Valid {
		return org.BulkResult{}, org.ErrNotFound()
	}
	in := unit.InOrganization(e.OrganizationID.UUID.String())
	result, done, err := unit.Do(ctx, s.units, subject, in, "write", e, planUndoBatch, applyUndoBatch)
	result.Entry = done.Entry
	return result, err
}

func planUndoBatch(ctx context.Context, a *unit.Attempt, e db.AuditLog) (p bulkPlan, err error) {
	o, err := a.Organization(ctx, a.Actor, e.OrganizationID.UUID.String())
	if err != nil {
		return p, err
	}
	if !a.Actor.Can("read", org.MemberObject(o.ID, unit.ParseID(e.ResourceID))) {
		return p, org.ErrNotFound() // as Undo: the id of an entry must not tell what it is about
	}
	p.result.Organization = unit.OrganizationOf(o)
	a.Sets = map[uuid.UUID]*unit.RoleSet{} // of thousands of members it is the same roles
	entries, err := batchOf(ctx, a, e)
	if err != nil {
		return p, err
	}
	list, err := undoings(ctx, a, o, entries)
	if err != nil {
		return p, err
	}
	for i := range list {
		if err := p.takeBack(ctx, a, &list[i]); err != nil {
			return p, err
		}
	}
	if len(p.changes) > 0 {
		return p, nil
	}
	if len(p.result.Refused) == 0 {
		return p, errNotUndoable
	}
	return p, changedSince(p.result.Refused[0].Reason)
}

// batchOf is the entries about members that were written with one, the last one first.
func batchOf(ctx context.Context, a *unit.Attempt, e db.AuditLog) ([]db.AuditLog, error) {
	list, err := a.Q.ListBatch(ctx, db.ListBatchParams{
		Chain: e.Chain, AfterSeq: e.ChainSeq - maxBatch, BeforeSeq: e.ChainSeq + maxBatch, RequestID: e.RequestID,
	})
	slices.Reverse(list)
	// Clients choose the ids of requests. Entries of one moment and one caller were written together.
	return slices.DeleteFunc(list, func(x db.AuditLog) bool {
		return !x.Time.Equal(e.Time) || x.ActorID != e.ActorID || x.Actor != e.Actor || x.StatusCode >= 400 ||
			!org.OfMember(x.ResourceType) || !a.Actor.Can("read", org.MemberObject(e.OrganizationID.UUID, unit.ParseID(x.ResourceID)))
	}), err
}

// undoings reads what there is now of everybody whom entries are about.
func undoings(ctx context.Context, a *unit.Attempt, o db.Organization, entries []db.AuditLog) ([]undoing, error) {
	ids := make([]uuid.UUID, len(entries))
	for i := range entries {
		ids[i] = unit.ParseID(entries[i].ResourceID)
	}
	rows, err := membersByID(ctx, a.Reader, o.ID, ids)
	if err != nil {
		return nil, err
	}
	if err := a.ReadRecords(ctx, o.ID, rows); err != nil {
		return nil, err
	}
	users := map[uuid.UUID]db.UserRow{}
	for piece := range slices.Chunk(ids, unit.ChunkSize) {
		part, err := a.Q.ListUsersByID(ctx, piece)
		if err != nil {
			return nil, err
		}
		for _, u := range part {
			users[u.ID] = u
		}
	}
	here := map[uuid.UUID]db.MemberRow{}
	for _, r := range rows {
		here[r.UserID] = r
	}
	list := make([]undoing, len(entries))
	for i := range entries {
		list[i] = undoing{Attempt: a, org: o, user: users[ids[i]], entry: &entries[i], action: entries[i].Action}
		list[i].row, list[i].member = here[ids[i]]
	}
	return list, nil
}

// takeBack decides about one change of a batch, after those before it.
func (p *bulkPlan) takeBack(ctx context.Context, a *unit.Attempt, u *undoing) error {
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
		p.result.Refused = append(p.result.Refused, r)
	case err != nil:
		return err
	case c.changes():
		a.WillHold(c.HolderChange)
		p.changes = append(p.changes, c)
		p.result.Done = append(p.result.Done, c.member)
	default:
		p.result.Unchanged = append(p.result.Unchanged, c.member)
	}
	return nil
}

// applyUndoBatch stores the changes, each with an entry that says what it is: an addition that is taken back is a removal.
func applyUndoBatch(ctx context.Context, w *unit.Writer, p bulkPlan) (org.BulkResult, error) {
	for _, c := range p.changes {
		action, status := "write", 200
		switch {
		case c.Leaves:
			action, status = "delete", 204
		case c.Joins:
			action = "create"
		}
		w.Begin(action, status)
		w.About("organization_member", c.User, c.Username, c.Place)
		if err := storeMember(ctx, w, c); err != nil {
			return p.result, err
		}
		if err := w.Record(ctx); err != nil {
			return p.result, err
		}
	}
	return p.result, nil
}
