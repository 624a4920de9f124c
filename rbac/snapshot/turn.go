package snapshot

import (
	"fmt"
	"maps"
	"slices"
)

// ledOn returns the table of a document with the changes since. It fails with ErrOld if the result is older than what was held,
// and with ErrBehind if a change does not continue from the one before.
func (s *State) ledOn(id ID, d *Document, since []Change) (*table, error) {
	last := d.Header.Revision
	for i := range since {
		last = max(last, since[i].To)
	}
	if last < s.had[id] { // checked before the work
		return nil, ErrOld
	}
	t := tableOf(d, s.seed)
	for i := range since {
		c := &since[i]
		if c.To <= t.revision {
			continue
		}
		moves, err := movesOf(c, id == ID{})
		if err != nil {
			return nil, err
		}
		next, err := t.turned(c)
		if err != nil {
			return nil, err
		}
		if c.From != t.revision || next == nil || !next.move(s.seed, moves) {
			return nil, ErrBehind
		}
		t = next
		t.revision = c.To
	}
	return t, nil
}

// Turn replaces the document of the site, together with what the roles of organizations mean in its version of the catalog: each
// decision uses either the old version or the new one, never both. Each element of roles is a document with roles alone. later
// has the changes of organizations that arrived in the meantime.
//
// An organization whose roles are missing, or do not fit what is held, is dropped: its document must be fetched. Turn returns
// those. It fails like [State.Load], and then changes nothing.
func (s *State) Turn(site *Document, since []Change, roles []*Document, later map[ID][]Change) (dropped []ID, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	switch {
	case site.Header.Issuer != s.issuer:
		return nil, fmt.Errorf("%w: %q", ErrIssuer, site.Header.Issuer)
	case site.Header.Kind != KindSite || !site.whole:
		return nil, fmt.Errorf("%w: not that of the site", ErrFormat)
	}
	t, err := s.ledOn(ID{}, site, since)
	if err != nil {
		return nil, err
	}
	catalog, err := catalogOf(site)
	if err != nil {
		return nil, err
	}
	next := map[ID]*table{}
	for _, d := range roles {
		id, err := ParseID(d.Header.Organization)
		if held := s.orgs[id]; err == nil && held != nil && d.Header.Issuer == s.issuer && d.Header.Catalog == site.Header.Catalog {
			if turned := held.mean(d, later[id]); turned != nil {
				next[id] = turned
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.orgs {
		if next[id] == nil {
			dropped = append(dropped, id)
		}
	}
	s.had[ID{}] = t.revision
	s.site, s.catalog, s.kinds, s.orgs = t, catalog, kindsOf(catalog), next
	return dropped, nil
}

// mean returns the table with the roles of a document and of the changes that lead from it to the table's revision, or nil if
// they do not lead there. A role that was removed and made again meanwhile is not gone: its holders hold the new one.
func (t *table) mean(d *Document, later []Change) *table {
	now := make(map[string]Role, len(d.Roles))
	for _, r := range d.Roles {
		now[r.Name] = r
	}
	revision := d.Header.Revision
	for i := range later {
		c := &later[i]
		if c.To <= revision {
			continue
		}
		if c.From != revision || c.To > t.revision {
			return nil
		}
		for _, name := range c.RolesGone {
			delete(now, name)
		}
		for _, r := range c.Roles {
			if !r.sound() {
				return nil
			}
			now[r.Name] = r
		}
		revision = c.To
	}
	if revision != t.revision || len(d.Roles) == 0 || t.names[0] != d.Roles[0].Name {
		return nil
	}
	var gone []string
	for _, name := range t.names {
		if _, ok := now[name]; !ok && name != "" {
			gone = append(gone, name)
		}
	}
	next, err := t.withRoles(slices.Collect(maps.Values(now)), gone)
	if err != nil {
		return nil
	}
	next.header.Catalog = d.Header.Catalog
	return next
}
