package db_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// TestReadAhead: what a write foresees is read when it begins, is given once, is what the query finds, and is given no more
// once the write has written.
func TestReadAhead(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	d, ctx := dbtest.Open(t), t.Context()
	wendy := someUser("wendy")
	acme, other := organization("acme", wendy.Now), organization("other", wendy.Now)
	if err := d.Write(ctx, func(q *db.Queries) error {
		return errors.Join(q.InsertUser(ctx, wendy), q.InsertOrganization(ctx, acme), q.InsertOrganization(ctx, other),
			q.InsertMember(ctx, db.InsertMemberParams{OrganizationID: acme.ID, UserID: wendy.ID, Now: wendy.Now}))
	}); err != nil {
		t.Fatal(err)
	}
	ask := func(r db.Reads) (list []any) {
		add := func(row any, err error) { list = append(list, row, err) }
		user, err := r.GetUser(ctx, wendy.ID)
		add(user, err)
		found, err := r.FindOrganization(ctx, acme.ID)
		add(found, err)
		member, err := r.GetMember(ctx, db.GetMemberParams{OrganizationID: acme.ID, UserID: wendy.ID})
		add(member, err)
		rows, err := r.ListCaller(ctx, db.ListCallerParams{UserID: wendy.ID, First: uuid.Nil, Last: uuid.Max})
		add(rows, err)
		opened, err := r.ListOpened(ctx, []uuid.UUID{wendy.ID, uuid.New()})
		add(opened, err)
		none, err := r.GetUser(ctx, acme.ID)
		list = append(list, none, db.IsNotFound(err))
		revision, err := r.GetRevision(ctx, other.ID)
		add(revision.Value, err)
		return list
	}
	move := func() {
		if err := d.WriteIn(ctx, db.InOrganization(other.ID), func(tx *db.Tx) error {
			h := tx.Head()
			return tx.Writes().UpdateRevision(ctx, db.UpdateRevisionParams{OrganizationID: other.ID, ValueBefore: h.Value, Value: h.Value + 1,
				Roles: h.Roles, SeqBefore: h.AuditSeq, Seq: h.AuditSeq, Hash: h.AuditHash})
		}); err != nil {
			t.Error(err)
		}
	}
	ahead := func(r db.Reads) { ask(r) }
	if err := d.WriteAhead(ctx, db.InOrganization(acme.ID), ahead, func(tx *db.Tx) error {
		move()
		first, second := ask(tx.Reads()), ask(tx.Reads())
		last := len(first) - 2
		if before, now := first[last].(int64), second[last].(int64); now != before+1 {
			t.Errorf("what was foreseen tells revision %d, and what is asked anew %d", before, now)
		}
		if diff := cmp.Diff(second[:last], first[:last]); diff != "" {
			t.Errorf("asked (-), foreseen (+):\n%s", diff)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if err := d.WriteAhead(ctx, db.InOrganization(acme.ID), ahead, func(tx *db.Tx) error {
		touch := db.TouchMemberParams{Now: wendy.Now, OrganizationID: acme.ID, UsernameKey: wendy.UsernameKey}
		if err := tx.Writes().TouchMember(ctx, touch); err != nil {
			return err
		}
		if row, err := tx.Reads().GetMember(ctx, db.GetMemberParams{OrganizationID: acme.ID, UserID: wendy.ID}); err != nil || row.Version != 2 {
			t.Errorf("after a write: version %d, %v", row.Version, err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
