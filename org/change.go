package org

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
)

// change is one use case that writes, inside its transaction. The caller is as it stands in that transaction, so a
// right that was taken away while the request was on its way is not used.
type change struct {
	source
	ctx   context.Context
	now   time.Time
	by    *Subject
	entry entry
	wrote bool
	watch *watch // what a dry run is to tell; nil if it is none

	managers *managers          // of the organization that was asked about last
	widened  map[uuid.UUID]bool // accounts that may be allowed more afterwards: see endOutgrown
}

// entry is the audit row of a change, filled in as the use case learns what it is about.
type entry struct {
	resourceType string
	action       string
	id           string
	target       string
	organization uuid.UUID
	status       int
	fields       map[string]AuditChange
}

// about names what the change is about. From here on a refusal is recorded too.
func (c *change) about(resourceType string, id uuid.UUID, target string, organization uuid.UUID) {
	c.entry.resourceType, c.entry.target, c.entry.organization = resourceType, target, organization
	c.entry.id = id.String()
}

// field records one field before and after, if it differs.
func (c *change) field(name string, before, after any) {
	old, _ := json.Marshal(before)
	if now, _ := json.Marshal(after); string(old) == string(now) {
		return
	}
	if c.entry.fields == nil {
		c.entry.fields = map[string]AuditChange{}
	}
	c.entry.fields[name] = AuditChange{Old: before, New: after}
}

// secret records that a field changed, and nothing of what it holds.
func (c *change) secret(name string) {
	if c.entry.fields == nil {
		c.entry.fields = map[string]AuditChange{}
	}
	c.entry.fields[name] = AuditChange{Secret: true}
}

// written marks the transaction as having written: from here on nothing it reads may be remembered.
func (c *change) written() {
	c.wrote, c.revision.Value = true, 0
}

// after is an account as this transaction leaves it.
func (c *change) after(id uuid.UUID) (*Subject, error) {
	return source{Service: c.Service, q: c.q}.subject(c.ctx, id)
}

// change runs fn in one write transaction as subject: caller refreshed, change and audit row together, and a revision
// that makes every replica forget what it computed before. fn must call written before its first write; a change that
// did not is not recorded, since nothing happened. A refusal is recorded in a transaction of its own.
func (s *Service) change(ctx context.Context, subject *Subject, action string, fn func(c *change) error) error {
	var c *change
	err := s.db.Write(ctx, func(q *db.Queries) error {
		revision, err := q.GetRevision(ctx)
		if err != nil {
			return err
		}
		c = &change{source: source{Service: s, q: q, revision: revision}, ctx: db.Writing(ctx), now: s.now(), by: subject, entry: entry{action: action, status: 200}, watch: watchOf(ctx)}
		if err := c.refresh(); err != nil {
			return err
		}
		if err := c.notRepeated(); err != nil {
			return err
		}
		if err := fn(c); err != nil || !c.wrote {
			return err
		}
		if c.watch != nil {
			return c.foresee()
		}
		if err := c.endOutgrown(); err != nil {
			return err
		}
		if err := q.BumpRevision(ctx, c.now.UnixMicro()); err != nil {
			return err
		}
		if err := c.noteForm(); err != nil {
			return err
		}
		return c.record(q)
	})
	if f := formOf(ctx); f != nil && err == nil && c.wrote {
		f.mine = true
	}
	if c != nil && c.watch != nil {
		if errors.Is(err, errDryRun) {
			return c.watch.tell(ctx, s)
		}
		return err
	}
	if refusal, ok := errors.AsType[*Error](err); ok && c != nil && c.entry.resourceType != "" {
		err = errors.Join(err, c.recordRefusal(ctx, refusal))
	}
	return err
}

// refresh makes the caller current, unless nothing changed since the request began.
func (c *change) refresh() error {
	if c.by == nil || c.by.operator || c.by.revision.Value == c.revision.Value {
		return nil
	}
	current, err := c.subject(c.ctx, c.by.ID())
	if db.IsNotFound(err) {
		return signedOut("This account is gone.")
	}
	if err != nil {
		return err
	}
	if err := mustBeActive(current.User.Status); err != nil {
		return err
	}
	with := *current
	with.TokenID, with.madeBy, with.Session = c.by.TokenID, c.by.madeBy, c.by.Session
	c.by = &with
	return c.stillOpen()
}

// stillOpen refuses a caller whose token or session has ended meanwhile: what it would write now, a token for one, would
// outlive the end of its access.
func (c *change) stillOpen() (err error) {
	reason := ""
	switch {
	case c.by.TokenID != "":
		reason = "API key is invalid."
		_, err = c.q.GetAPIKeyOwner(c.ctx, c.by.TokenID)
	case c.by.Session != "":
		reason = "The session has ended."
		_, err = c.q.GetSession(c.ctx, db.GetSessionParams{Token: c.by.Session, Now: c.now})
	}
	if db.IsNotFound(err) {
		return signedOut(reason)
	}
	return err
}

// record writes the audit row, and begins a new one. One that is about nothing has been written already.
func (c *change) record(q *db.Queries) error {
	if c.entry.resourceType == "" {
		return nil
	}
	if c.entry.fields == nil {
		c.entry.fields = map[string]AuditChange{}
	}
	changes, err := json.Marshal(c.entry.fields)
	if err != nil {
		return err
	}
	r := requestOf(c.ctx)
	row := db.InsertAuditLogParams{
		ID: newID(), Time: c.now, RequestID: r.ID, IP: r.IP, UserAgent: r.UserAgent,
		OrganizationID: nullID(c.entry.organization),
		ResourceType:   c.entry.resourceType, ResourceID: c.entry.id, ResourceTarget: c.entry.target,
		Action: c.entry.action, StatusCode: int64(c.entry.status), Changes: string(changes),
	}
	if c.by != nil {
		row.ActorID, row.Actor = nullID(c.by.ID()), c.by.User.Username
	}
	c.entry = entry{action: c.entry.action, status: 200}
	return chain(c.ctx, q, row)
}

// newID makes an id that no other gets; ids of one moment stand together, which keeps the indexes compact.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
