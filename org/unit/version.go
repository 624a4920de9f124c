package unit

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"rolecall.example/db"
	"rolecall.example/org"
)

// What changed meanwhile.
const (
	RoleChanged         = "Someone else changed this role."
	RolesChanged        = "Someone else changed these roles."
	MembershipChanged   = "Someone else changed this membership."
	AccountChanged      = "Someone else changed this account."
	OrganizationChanged = "Someone else changed this organization."
)

// BegunFrom refuses a change that was begun from another version than the stored one.
// Conflict: someone else was faster; docs/spec/refusals.md says when that is 412 and when 409.
func (a *Attempt) BegunFrom(ctx context.Context, ifMatch org.Versions, stored, message string) error {
	if !ifMatch.Include(stored) {
		return a.ChangedMeanwhile(ctx, stored, message)
	}
	return nil
}

// ChangedMeanwhile says who changed what the change is about after the caller opened it.
func (a *Attempt) ChangedMeanwhile(ctx context.Context, stored, message string) error {
	who, at, err := a.lastChange(ctx)
	if err != nil {
		return err
	}
	when := ""
	if !at.IsZero() {
		when = " on " + at.UTC().Format("2 January 2006, 15:04 UTC")
	}
	return &org.Error{Kind: org.Conflict, Message: message, Outdated: true, Tag: stored, Detail: fmt.Sprintf(
		"%s saved it%s. Your changes were not saved.", cmp.Or(who, "Someone else"), when)}
}

// lastChange returns who last changed what the change is about, and when; who is empty if the trail does not say.
func (a *Attempt) lastChange(ctx context.Context) (who string, at time.Time, err error) {
	const few = 20 // refused attempts may come before it
	found, err := a.Q.FindAuditLogs(ctx, db.FindAuditLogsParams{
		ResourceType: a.Entry.ResourceType, ResourceID: a.Entry.id, MaxRows: few,
	})
	if err != nil || len(found) == 0 {
		return "", time.Time{}, err
	}
	seqs := make([]int64, len(found))
	for i, f := range found {
		seqs[i] = f.Seq
	}
	rows, err := a.Q.ListAuditLogs(ctx, seqs)
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
