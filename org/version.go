package org

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// A tag identifies one state of a role, a membership, an account or an organization. No other state has it, nor has any
// state of another thing that later has the same name. "" is the tag of what is not stored.

// Tag returns the tag of a version of something with an id. Ids begin with the time, so their ends tell two apart.
func Tag(version int64, id uuid.UUID) string {
	if version == 0 {
		return ""
	}
	return fmt.Sprintf("%d-%x", version, id[10:])
}

// Tag identifies the state of a role. A built-in role has none. Another catalog may give it other words, or take some away.
func (r *Role) Tag() string {
	tag := Tag(r.Version, r.ID)
	if tag != "" && r.Catalog > 1 {
		tag = fmt.Sprintf("%s.%d", tag, r.Catalog)
	}
	return tag
}

// Tag identifies the state of an account.
func (u *User) Tag() string { return Tag(u.Version, u.ID) }

// Tag identifies the state of an organization.
func (o *Organization) Tag() string { return Tag(o.Version, o.ID) }

// Tag identifies the state of a membership, which may end and begin again under the same ids.
func (m *Member) Tag() string {
	if m.Version == 0 {
		return ""
	}
	begun := sha256.Sum256(binary.BigEndian.AppendUint64(m.UserID[:], uint64(m.CreatedAt.UnixMicro())))
	return fmt.Sprintf("%d-%x", m.Version, begun[:4])
}

// TagWithAccount identifies the state of a membership and of what it shows of the account. A change compares only the
// membership's part.
func (m *Member) TagWithAccount() string { return fmt.Sprintf("%s.%d", m.Tag(), m.AccountVersion) }

// Versions are the tags of the states that a change may start from. If none of them is stored, the change is a Conflict.
// nil accepts whatever is stored, or nothing stored at all.
type Versions []string

// In Versions these mean any stored state, and nothing stored.
const (
	AnyVersion = "*"
	NoVersion  = ""
)

// Include reports whether a change may start from what is stored.
func (v Versions) Include(stored string) bool {
	return v == nil || slices.Contains(v, stored) || stored != NoVersion && slices.Contains(v, AnyVersion)
}

// OnlyNew reports whether a change may start only if nothing is stored.
func (v Versions) OnlyNew() bool { return len(v) == 1 && v[0] == NoVersion }

// OfMembership leaves out the part of the tags that is about the account.
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
