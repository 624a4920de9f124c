// Package snapshot writes and reads signed documents that say who may do what, defines the events that keep them current, and
// lets an application decide by them. A server writes documents with [Write]; [Read] checks one; a [State] holds those of an
// application, applies events, and decides like the engine of package rbac.
//
// The package does no I/O of its own. The caller gives a State its clock.
package snapshot

import (
	"encoding/hex"
	"errors"

	"rolecall.example/rbac"
)

// MediaType is the content type of documents.
const MediaType = "application/vnd.rolecall.snapshot"

// ID identifies an account or an organization. The zero ID means the site.
type ID = rbac.ID

var errID = errors.New("snapshot: not a UUID")

// ParseID reads a UUID in its usual form of 36 characters.
func ParseID(text string) (id ID, err error) {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return ID{}, errID
	}
	var digits [32]byte
	n := 0
	for i := range len(text) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			continue
		}
		digits[n] = text[i]
		n++
	}
	if _, err := hex.Decode(id[:], digits[:]); err != nil {
		return ID{}, errID
	}
	return id, nil
}

// FormatID writes an id in its usual form, in lower case.
func FormatID(id ID) string {
	var b [36]byte
	hex.Encode(b[0:8], id[0:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:], id[10:])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// Bits is a set of numbers of pairs: number n is bit n%8 of byte n/8. It does not end with a zero byte. In JSON it is base64.
type Bits []byte

// BitsOf returns the set whose number n is bit n%64 of word n/64, as [rbac.Role.Bits] gives it.
func BitsOf(words []uint64) Bits {
	var b Bits
	for i, w := range words {
		for j := 0; w != 0; j, w = j+1, w>>8 {
			if byte(w) == 0 {
				continue
			}
			for len(b) <= 8*i+j {
				b = append(b, 0)
			}
			b[8*i+j] = byte(w)
		}
	}
	return b
}

// Has reports whether a number is in the set.
func (b Bits) Has(pair int) bool {
	return pair >= 0 && pair>>3 < len(b) && b[pair>>3]>>(pair&7)&1 != 0
}

// Grants is what a role allows and denies at one level.
type Grants struct {
	Allow Bits `json:"allow,omitempty"`
	Deny  Bits `json:"deny,omitempty"`
}

// Role is a role as documents and events have it, its wildcards resolved. A level without any grant is nil.
type Role struct {
	Name         string  `json:"name"`
	Site         *Grants `json:"site,omitempty"`
	Organization *Grants `json:"organization,omitempty"`
	User         *Grants `json:"user,omitempty"`
}

// RoleOf converts a compiled or built-in role. Of a role that is held in an organization, the document of the site contains only
// what [Role.Carried] returns.
func RoleOf(r *rbac.Role) Role {
	level := func(l rbac.Level) *Grants {
		allow, deny := r.Bits(l)
		g := Grants{BitsOf(allow), BitsOf(deny)}
		if g.Allow == nil && g.Deny == nil {
			return nil
		}
		return &g
	}
	return Role{Name: r.Name, Site: level(rbac.LevelSite), Organization: level(rbac.LevelOrganization), User: level(rbac.LevelUser)}
}

// Carried returns what a role that is held in an organization gives outside of it. ok is false if that is nothing.
func (r Role) Carried() (carried Role, ok bool) {
	r.Organization = nil
	return r, r.Site != nil || r.User != nil
}
