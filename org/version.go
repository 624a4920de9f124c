package org

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// A tag names one state of a role, a membership, an account or an organization. No other state has it, nor has any state
// of another thing that comes to stand under the same name. "" is the tag of what is not stored.

// Tag is the version of something that has an id. Ids begin with the time, so it is the end that tells two apart.
func Tag(version int64, id uuid.UUID) string {
	if version == 0 {
		return ""
	}
	return fmt.Sprintf("%d-%x", version, id[10:])
}

// Tag names the state of a role. A built-in role has none. Another catalog may give it other words, or take some away.
func (r *Role) Tag() string {
	tag := Tag(r.Version, r.ID)
	if tag != "" && r.Catalog > 1 {
		tag = fmt.Sprintf("%s.%d", tag, r.Catalog)
	}
	return tag
}

// Tag names the state of an account.
func (u *User) Tag() string { return Tag(u.Version, u.ID) }

// Tag names the state of an organization.
func (o *Organization) Tag() string { return Tag(o.Version, o.ID) }

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

// Include reports whether a change may begin from what is stored.
func (v Versions) Include(stored string) bool {
	return v == nil || slices.Contains(v, stored) || stored != NoVersion && slices.Contains(v, AnyVersion)
}

// OnlyNew reports whether a change may begin from nothing stored alone.
func (v Versions) OnlyNew() bool { return len(v) == 1 && v[0] == NoVersion }

// OfMembership leaves out what tags tell of the account beside the membership.
func (v Versions) OfMembership() Versions {
	if v == nil {
		return nil
	}
	cut := make(Versions, len(v))
	for i, t := range v {
		cut[i], _, _ = strings.Cut(t, ".")
	}
	return cut
}
