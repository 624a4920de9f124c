package snapshot

import (
	"bytes"
	"hash/maphash"
	"slices"
)

// Allowed reports whether an account may do something to an object of an organization, or of the site for the zero ID. pair is
// the number of type and action in [State.Catalog]; own says that the object belongs to the account. It allocates no memory.
//
// It answers as the server answers a strict check: no to a pair that does not exist, to an object of the site in an
// organization, and to own for a type that no one owns. The answer is also no in an organization for an account that is neither
// a member of it nor in the document of the site.
//
// ok is false if the state cannot tell, and the server has to be asked: a document is missing; the question is about objects
// of organizations but names none; or it is about the site, and the account is not in the document of the site.
func (s *State) Allowed(user, org ID, pair int, own bool) (allowed, ok bool) {
	h := maphash.Bytes(s.seed, user[:])
	s.mu.RLock()
	defer s.mu.RUnlock()
	inOrganization := org != ID{}
	var t *table
	if inOrganization {
		t = s.orgs[org]
	}
	switch {
	case s.site == nil || inOrganization && t == nil:
		return false, false
	case pair < 0 || pair >= len(s.kinds.known) || !s.kinds.known[pair], own && !s.kinds.owned[pair]:
		return false, true
	case s.kinds.siteOnly[pair] == inOrganization:
		return false, inOrganization
	}
	var there, here uint32 // where the rights outside of the organization are, in the tables of the site and the organization
	at := moment{clock: s.clock}
	set, listed := s.site.find(h, &user, &at)
	if listed {
		there = s.site.outer[set]
	}
	member := false
	if inOrganization {
		if set, member = t.find(h, &user, &at); member {
			here = t.outer[set]
		}
	}
	if !listed && !member {
		return false, inOrganization
	}
	v := vote(s.site.level(there, 0), pair)
	if member {
		v = beats(v, vote(t.level(here, 0), pair))
		if v == 0 {
			v = vote(t.inner[2*t.words*int(set):2*t.words*(int(set)+1)], pair)
		}
	}
	if v == 0 && own && (member || !inOrganization) {
		v = vote(s.site.level(there, 1), pair)
		if member {
			v = beats(v, vote(t.level(here, 1), pair))
		}
	}
	return v > 0, true
}

// beats combines the votes of two parts of a level: a deny beats an allow, and an allow beats no vote.
func beats(a, b int) int {
	if a < 0 || b < 0 {
		return -1
	}
	return max(a, b)
}

// Member reports whether an account is a member of an organization. ok is false if its document is not held.
func (s *State) Member(user, org ID) (member, ok bool) {
	h := maphash.Bytes(s.seed, user[:])
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.orgs[org]
	if t == nil {
		return false, false
	}
	_, member = t.find(h, &user, &moment{clock: s.clock})
	return member, true
}

// Resolve returns the member that an alias names, of a kind such as AliasUsername; the value may have any case. ok is false if
// the document has no such alias, or if accounts may have been renamed since: then the server has to be asked.
func (s *State) Resolve(org ID, kind, value string) (id ID, ok bool) {
	alias := AliasID(s.issuer, kind, Fold(value))
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.orgs[org]
	if t == nil || s.site == nil || t.header.SiteRevision < max(s.site.revision, s.said[ID{}]) {
		return ID{}, false
	}
	at, ok := slices.BinarySearchFunc(t.aliases, alias, func(a, b ID) int { return bytes.Compare(a[:], b[:]) })
	if !ok {
		return ID{}, false
	}
	place := int(t.named[at])
	return *t.ids.at(place), t.now(place, &moment{clock: s.clock}) != noSet
}
