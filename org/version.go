package org

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
)

// A tag names one state of a role, a membership, an account or an organization. No other state has it, nor has any state
// of another thing that comes to stand under the same name. "" is the tag of what is not stored.

// tag is the version of something that has an id. Ids begin with the time, so it is the end that tells two apart.
func tag(version int64, id uuid.UUID) string {
	if version == 0 {
		return ""
	}
	return fmt.Sprintf("%d-%x", version, id[10:])
}

// Tag names the state of a role. A built-in role has none.
func (r *Role) Tag() string { return tag(r.Version, r.ID) }

// Tag names the state of an account.
func (u *User) Tag() string { return tag(u.Version, u.ID) }

// Tag names the state of an organization.
func (o *Organization) Tag() string { return tag(o.Version, o.ID) }

// Tag names the state of a membership, which ends and begins again under the same ids.
func (m *Member) Tag() string {
	if m.Version == 0 {
		return ""
	}
	begun := sha256.Sum256(binary.BigEndian.AppendUint64(m.UserID[:], uint64(m.CreatedAt.UnixMicro())))
	return fmt.Sprintf("%d-%x", m.Version, begun[:4])
}

// TagWithAccount names the state of a membership and of what it shows of the account. A change compares the membership's
// part of it.
func (m *Member) TagWithAccount() string { return fmt.Sprintf("%s.%d", m.Tag(), m.AccountVersion) }

// Versions are the tags of the states that a change may begin from. If none of them is stored by then, it is a Conflict.
// nil stands for whichever is stored, or for nothing stored at all.
type Versions []string

// Among Versions these stand for every state that is stored, and for nothing stored.
const (
	AnyVersion = "*"
	NoVersion  = ""
)

// include reports whether a change may begin from what is stored.
func (v Versions) include(stored string) bool {
	return v == nil || slices.Contains(v, stored) || stored != NoVersion && slices.Contains(v, AnyVersion)
}

// onlyNew reports whether a change may begin from nothing stored alone.
func (v Versions) onlyNew() bool { return len(v) == 1 && v[0] == NoVersion }

// ofMembership leaves out what tags tell of the account beside the membership.
func (v Versions) ofMembership() Versions {
	if v == nil {
		return nil
	}
	cut := make(Versions, len(v))
	for i, t := range v {
		cut[i], _, _ = strings.Cut(t, ".")
	}
	return cut
}

type versionKey struct{}

// WithVersions says from which versions the changes that get the context may begin. Those of roles, and of who holds them,
// carry them in their body.
func WithVersions(ctx context.Context, v Versions) context.Context {
	return context.WithValue(ctx, versionKey{}, v)
}

func versionsOf(ctx context.Context) Versions {
	v, _ := ctx.Value(versionKey{}).(Versions)
	return v
}

// What changed meanwhile.
const (
	roleChanged         = "This role was changed meanwhile."
	rolesChanged        = "These roles were changed meanwhile."
	membershipChanged   = "This membership was changed meanwhile."
	accountChanged      = "This account was changed meanwhile."
	organizationChanged = "This organization was changed meanwhile."
)

// begunFrom refuses a change that began from another version than the one that is stored.
func (c *change) begunFrom(stored, message string) error {
	if !versionsOf(c.ctx).include(stored) {
		return c.changedMeanwhile(stored, message)
	}
	return nil
}

// changedMeanwhile says who was faster: somebody changed what the change is about after it was opened.
func (c *change) changedMeanwhile(stored, message string) error {
	who, at, err := c.lastChange()
	if err != nil {
		return err
	}
	when := ""
	if !at.IsZero() {
		when = " on " + at.UTC().Format("2 January 2006, 15:04 UTC")
	}
	return &Error{Kind: Conflict, Message: message, Outdated: true, Tag: stored, Detail: fmt.Sprintf(
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
