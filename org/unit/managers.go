package unit

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// Most sites have neither providers nor directories, and their lists must not be slower for them. The first identity and the
// first directory are stored in the scope of the site, so its revision says whether there may be one yet.

// managedAt says whether anything may come from outside, in a state of the site.
type managedAt struct {
	site int64
	any  bool
}

// anyManagers reports whether anything may come from a provider or a directory. Once something does, the answer stays yes.
func (s Reader) anyManagers(ctx context.Context) (bool, error) {
	basis := s.known
	if by := s.pin.by; by != nil && basis == nil {
		basis = by.Basis
	}
	site, known := basis.Of(uuid.Nil)
	if m := s.Memory.managed.Load(); m != nil && (m.any || known && m.site == site.Value) {
		return m.any, nil
	}
	found, err := s.Q.HasManagers(ctx)
	if err == nil && known && s.late == nil { // what a transaction sees may never be committed
		s.Memory.managed.Store(&managedAt{site.Value, found})
	}
	return found, err
}

// membershipManagers returns the providers and directories that give something to some members, at the moment of the unit.
func (s Reader) membershipManagers(ctx context.Context, place uuid.UUID, users []uuid.UUID) (map[uuid.UUID][]org.ManagedBy, error) {
	if some, err := s.anyManagers(ctx); err != nil || !some || len(users) == 0 {
		return nil, err
	}
	rows, err := s.Q.ListMembershipManagers(ctx, db.ListMembershipManagersParams{FirstID: place, LastID: place, UserIds: users})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	records := make([]org.Assignment, len(rows))
	for i := range rows {
		records[i] = org.Assignment{Source: org.Source(rows[i].Source), SourceRef: rows[i].SourceRef}
	}
	if err := s.nameRules(ctx, records); err != nil {
		return nil, err
	}
	of := make(map[uuid.UUID][]org.ManagedBy, len(users))
	for i := range rows {
		r, m := &rows[i], org.ManagedBy{Source: records[i].Source, Name: rows[i].Name}
		if due(r.EndsAt, s.When) || !m.Source.Synced() {
			continue
		}
		if r.Name != "" {
			m.Organization = place
		}
		of[r.UserID] = org.WithManager(of[r.UserID], m, records[i].Rule)
	}
	return of, nil
}

// nameRules fills in, in words, which rules give the records. It costs nothing where no directory gives one.
func (s Reader) nameRules(ctx context.Context, records []org.Assignment) error {
	var ids []uuid.UUID
	seen := map[uuid.UUID]string{}
	for i := range records {
		r := &records[i]
		r.Rule = org.RuleOf(r.Source, r.SourceRef)
		if id, ok := directoryGroup(r); ok {
			if _, known := seen[id]; !known {
				seen[id] = ""
				ids = append(ids, id)
			}
		}
	}
	for piece := range slices.Chunk(ids, ChunkSize) {
		groups, err := s.Q.ListDirectoryGroupNames(ctx, piece)
		if err != nil {
			return err
		}
		for _, g := range groups {
			seen[g.ID] = g.DisplayName
		}
	}
	for i := range records {
		if id, ok := directoryGroup(&records[i]); ok {
			records[i].Rule = seen[id]
		}
	}
	return nil
}

// directoryGroup returns the group of a directory that gives a record.
func directoryGroup(r *org.Assignment) (uuid.UUID, bool) {
	if !strings.HasPrefix(string(r.Source), "scim:") {
		return uuid.Nil, false
	}
	id, err := uuid.Parse(r.SourceRef)
	return id, err == nil
}

// accountManagers returns the directories and providers that write the names of some accounts.
func (s Reader) accountManagers(ctx context.Context, users []uuid.UUID) (map[uuid.UUID][]org.ManagedBy, error) {
	if some, err := s.anyManagers(ctx); err != nil || !some || len(users) == 0 {
		return nil, err
	}
	rows, err := s.Q.ListAccountManagers(ctx, users)
	of := make(map[uuid.UUID][]org.ManagedBy, len(rows))
	for i := range rows {
		r := &rows[i]
		m := org.ManagedBy{Source: org.Source(r.Source), Name: r.Name, Organization: r.OrganizationID.UUID}
		of[r.ID] = org.WithManager(of[r.ID], m, "")
	}
	return of, err
}
