package org

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"rolecall/db"
)

// Versions are those that a change may begin from. If none of them is stored by then, it is a Conflict. nil stands for
// whichever is stored, or for nothing stored at all.
type Versions []int64

// AnyVersion among Versions stands for each that is stored.
const AnyVersion = -1

// include says whether a change may begin from what is stored, 0 if that is nothing.
func (v Versions) include(stored int64) bool {
	return v == nil || stored != 0 && (slices.Contains(v, stored) || slices.Contains(v, AnyVersion))
}

type versionKey struct{}

// WithVersions says from which versions the deletions that get the context may begin. Changes that have a body carry
// them in it.
func WithVersions(ctx context.Context, v Versions) context.Context {
	return context.WithValue(ctx, versionKey{}, v)
}

// begunFrom refuses a deletion that began from another version than the one that is stored.
func (c *change) begunFrom(stored int64, message string) error {
	if v, _ := c.ctx.Value(versionKey{}).(Versions); !v.include(stored) {
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
