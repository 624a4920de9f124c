package org

import (
	"cmp"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
)

// Basis is everything that decides what an account may do at one moment: what it holds on the site and in each organization,
// and the state of the roles there that gives this meaning. With equal bases, an account may do the same at two moments,
// whatever else was written in between.
type Basis []db.ListCallerRow // by organization; the first is the site

// Equal reports whether decisions based on both are the same.
func (b Basis) Equal(other Basis) bool {
	if len(b) > 0 && len(b) == len(other) && &b[0] == &other[0] {
		return true // one and the same, as most often: it may name hundreds of organizations
	}
	return slices.EqualFunc(b, other, func(x, y db.ListCallerRow) bool {
		x.Value, y.Value = 0, 0 // of what else is in the organization
		// A basis says what was held when it was read. How long that lasts decides nothing.
		x.EndsAt, y.EndsAt, x.ScopeEnd, y.ScopeEnd = none, none, none, none
		return x == y
	})
}

var none sql.NullTime

// Ended reports whether a record that gives the account something has ended, so that its holdings must be read again.
func (b Basis) Ended(now time.Time) bool {
	return slices.ContainsFunc(b, func(r db.ListCallerRow) bool { return r.EndsAt.Valid && !r.EndsAt.Time.After(now) })
}

// SameAccount reports whether both describe the same account with the same site roles, in the same organizations.
func (b Basis) SameAccount(other Basis) bool {
	for i := range b {
		if i >= len(other) || b[i].OrganizationID != other[i].OrganizationID {
			return false
		}
	}
	return len(b) == len(other) && len(b) > 0 && b[:1].Equal(other[:1])
}

// Of returns what the basis says about an organization, or about the site for uuid.Nil.
func (b Basis) Of(org uuid.UUID) (db.ListCallerRow, bool) {
	i, ok := slices.BinarySearchFunc(b, org, func(r db.ListCallerRow, id uuid.UUID) int {
		return cmp.Compare(string(r.OrganizationID[:]), string(id[:]))
	})
	if !ok {
		return db.ListCallerRow{}, false
	}
	return b[i], true
}

// Renewed returns the basis with newer rows of the site and of one organization. If not ok, decisions there may differ.
func (b Basis) Renewed(rows Basis, place uuid.UUID) (_ Basis, ok bool) {
	b = slices.Clone(b)
	found := 0
	for i, r := range b {
		if r.OrganizationID != uuid.Nil && r.OrganizationID != place {
			continue
		}
		if found == len(rows) || !rows[found:found+1].Equal(b[i:i+1]) {
			return nil, false
		}
		b[i] = rows[found]
		found++
	}
	return b, found == len(rows)
}

// RoleState returns the state of the roles of an organization, 0 if the basis does not have it.
func (b Basis) RoleState(org uuid.UUID) int64 {
	r, _ := b.Of(org)
	return r.RoleState
}

// Catalog returns the version of the catalog that was in force, 0 if the account is not stored yet.
func (b Basis) Catalog() int64 {
	if len(b) == 0 {
		return 0
	}
	return b[0].Catalog
}

// Key returns a key for an account and the content of its basis.
func (b Basis) Key(user uuid.UUID) (k [sha256.Size]byte) {
	fields := []string{user.String(), fmt.Sprint(b.Catalog())}
	for _, r := range b {
		fields = append(fields, r.OrganizationID.String(), r.Roles, fmt.Sprint(r.Version), fmt.Sprint(r.RoleState))
	}
	copy(k[:], HashOf(fields...))
	return k
}

// State identifies everything that a list depends on: what the caller holds, and what is stored in the places that it shows.
// In one state, the same question has the same answer. "" is an unknown state.
type State string

// StateAt returns the state for the actor when these revisions are stored.
func (s *Actor) StateAt(revisions ...int64) State {
	state := make([]byte, 0, len(s.Key)+8*len(revisions))
	state = append(state, s.Key[:]...)
	for _, r := range revisions {
		state = binary.BigEndian.AppendUint64(state, uint64(r))
	}
	return State(state)
}

// NextEnd returns when the first record that gives the account something ends; zero if none does.
func (b Basis) NextEnd() (next time.Time) {
	for _, r := range b {
		if r.EndsAt.Valid && (next.IsZero() || r.EndsAt.Time.Before(next)) {
			next = r.EndsAt.Time
		}
	}
	return next
}
