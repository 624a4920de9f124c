package org

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"rolecall/db"
)

type versionKey struct{}

// WithVersion says from which version the deletions that get the context began. If another one is stored by then, they
// are a Conflict. Changes that have a body carry the version in it.
func WithVersion(ctx context.Context, version int64) context.Context {
	return context.WithValue(ctx, versionKey{}, version)
}

// begunFrom refuses a change that began from another version than the one that is stored.
func (c *change) begunFrom(stored int64, message string) error {
	if version, ok := c.ctx.Value(versionKey{}).(int64); ok && version != stored {
		return c.changedMeanwhile(stored, message)
	}
	return nil
}

// changedMeanwhile says who was faster: somebody changed what the change is about after it was opened.
func (c *change) changedMeanwhile(stored int64, message string) error {
	who, at, err := c.lastChange()
	if err != nil {
		return err
	}
	when := ""
	if !at.IsZero() {
		when = " on " + at.UTC().Format("2 January 2006, 15:04 UTC")
	}
	return &Error{Kind: Conflict, Message: message, Version: stored, Detail: fmt.Sprintf(
		"%s saved it%s. Nothing of yours was saved; open it again to see what it is now.", cmp.Or(who, "Somebody else"), when)}
}

// lastChange is who last changed what the change is about, and when; nobody if the trail does not tell.
func (c *change) lastChange() (who string, at time.Time, err error) {
	const few = 20 // refused attempts may stand before it
	found, err := c.q.FindAuditLogs(c.ctx, db.FindAuditLogsParams{
		ResourceType: c.entry.resourceType, ResourceID: c.entry.id, MaxRows: few,
	})
	if err != nil || len(found) == 0 {
		return "", time.Time{}, err
	}
	seqs := make([]int64, len(found))
	for i, f := range found {
		seqs[i] = f.Seq
	}
	rows, err := c.q.ListAuditLogs(c.ctx, seqs)
	if err != nil {
		return "", time.Time{}, err
	}
	for _, r := range rows {
		if r.StatusCode < 400 && r.Time.After(at) {
			who, at = r.Actor, r.Time
		}
	}
	return who, at, nil
}
