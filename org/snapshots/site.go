package snapshots

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
	"rolecall.example/rbac/snapshot"
)

// Site returns the document of the site. It lists the accounts that the caller may read, and those that are members where the
// caller may read the members; it leaves out all others. NotFound: the caller may follow no organization.
func (s *Service) Site(ctx context.Context, by *org.Actor, o Order) (_ *File, err error) {
	defer org.Wrap(&err, "make the snapshot of the site")
	if !by.MayFollowAny() {
		return nil, org.ErrNotFound()
	}
	kid, _, err := s.signing.Current(ctx)
	if err != nil {
		return nil, err
	}
	now := state{kid: kid}
	var key string
	err = s.units.Moment(ctx, by, func(src unit.Reader) error {
		if err := errors.Join(src.Settle(ctx), now.readSite(ctx, src)); err != nil {
			return err
		}
		// It depends on what the caller may read. Its key has the caller, and everything that its rights were read from.
		key = o.key("site " + by.ID().String() + " " + hex.EncodeToString(by.Key[:]))
		return now.distrust(ctx, src, s.cache.peek(key))
	})
	if err != nil {
		return nil, err
	}
	// What it says about roles of organizations moves no revision of the site: an application that was told to fetch it must
	// not get the previous one.
	return s.get(ctx, key, now, min(o.AtLeast, now.revision), false, func(ctx context.Context) (*entry, error) {
		return s.buildSite(ctx, key, by, o)
	})
}

// distrust refuses a kept document if the feed, from its position on, says to fetch it. The document may already include
// that: a position is before everything that others had not yet committed, and a client would fetch it again and again.
func (st *state) distrust(ctx context.Context, src unit.Reader, e *entry) error {
	if e == nil || e.state.position >= st.position {
		return nil
	}
	n, err := src.Q.CountReloads(ctx, db.CountReloadsParams{Position: e.state.position, OrganizationID: uuid.Nil})
	if n > 0 {
		st.not = e
	}
	return err
}

func (st *state) readSite(ctx context.Context, src unit.Reader) error {
	row, err := src.Q.GetSiteSnapshotState(ctx)
	st.revision, st.siteRevision, st.catalog, st.position = row.Revision, row.Revision, row.Catalog, row.Position
	st.all = [2]int64{row.Millions, row.Rest}
	return err
}

func (s *Service) buildSite(ctx context.Context, key string, by *org.Actor, o Order) (e *entry, err error) {
	kid, private, err := s.signing.Current(ctx)
	if err != nil {
		return nil, err
	}
	with := *by // a copy: its rights may be read again, and its request may have ended
	by = &with
	err = s.units.Moment(ctx, by, func(src unit.Reader) error {
		st := state{kid: kid}
		if err := errors.Join(src.Settle(ctx), st.readSite(ctx, src)); err != nil {
			return err
		}
		set, err := src.Roles(ctx, uuid.Nil)
		if err != nil {
			return err
		}
		l := listing{Reader: src, by: by, roles: snapshot.SiteRoles(src.Catalog(), customs(set))}
		h := s.header(src.Catalog(), o.Issuer, st)
		h.Kind = snapshot.KindSite
		sections, err := l.sections(ctx, &h, o.Organizations)
		if err != nil {
			return err
		}
		e, err = s.store(key, st, h, sections, snapshot.Signer{ID: kid, Key: private})
		return err
	})
	return e, err
}

// listing finds out who is in the document of the site.
type listing struct {
	unit.Reader
	by    *org.Actor
	roles []snapshot.Role
	held  map[uuid.UUID][]snapshot.Until
	open  map[uuid.UUID]bool // organizations: whether the caller may read who belongs to them
}

func (l *listing) sections(ctx context.Context, h *snapshot.Header, organizations bool) ([]snapshot.Section, error) {
	// All roles, whether somebody listed holds them or not: a later event may give one to anybody.
	section, err := snapshot.RolesSection(l.roles)
	if err != nil {
		return nil, err
	}
	if err := l.find(ctx); err != nil {
		return nil, err
	}
	if err := l.leaveOut(ctx); err != nil {
		return nil, err
	}
	b := snapshot.NewBuilder(len(l.held))
	// In the order of a map: the builder sorts.
	for id, roles := range l.held {
		end := slices.MaxFunc(roles, func(a, b snapshot.Until) int { return cmp.Compare(a.End, b.End) }).End
		b.Add(id, b.Held(roles, end)) // whoever holds nothing any more is left out
	}
	h.Counts.Roles = len(l.roles)
	list, err := with([]snapshot.Section{snapshot.CatalogSection(l.Catalog().Document().Bytes()), section}, b, h)
	if err != nil || !organizations {
		return list, err
	}
	readable, err := l.organizations(ctx)
	h.Counts.Organizations = len(readable)
	return append(list, snapshot.OrganizationsSection(readable)), err
}

// find collects holders: of roles of the site, and of roles of organizations that give something outside them.
func (l *listing) find(ctx context.Context) error {
	l.held = map[uuid.UUID][]snapshot.Until{}
	numbers := numbersOf(l.roles)
	if err := l.accounts(ctx, numbers); err != nil {
		return err
	}
	carried := snapshot.CarriedRoles(l.Catalog())
	return inPieces(ctx, l.Q, func(after uuid.UUID, list []db.ListOrganizationRevisionsRow) error {
		for _, r := range carried {
			if err := l.carriers(ctx, r, numbers[r.Name], after, list[len(list)-1].ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// add records that an account holds a role until a time: of several ends the last counts. It leaves out suspended people,
// however they are found, and what has ended.
func (l *listing) add(user uuid.UUID, role uint16, status string, end int64) {
	if status == string(org.StatusSuspended) || end <= l.When.UnixMicro() {
		return
	}
	list := l.held[user]
	if i := slices.IndexFunc(list, func(u snapshot.Until) bool { return u.Role == role }); i >= 0 {
		list[i].End = max(list[i].End, end)
		return
	}
	l.held[user] = append(list, snapshot.Until{Role: role, End: end})
}

func (l *listing) accounts(ctx context.Context, numbers map[string]uint16) error {
	p := db.ListSnapshotAccountsParams{MaxRows: piece}
	for {
		rows, err := l.Q.ListSnapshotAccounts(ctx, p)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if n, ok := numbers[r.Role]; ok {
				end := int64(snapshot.Endless)
				if r.EndsAt.Valid {
					end = r.EndsAt.Time.UnixMicro()
				}
				l.add(r.UserID, n, r.Status, end)
			}
		}
		if len(rows) < piece {
			return nil
		}
		// The last account may have more roles, which are read again with the next batch: adding twice does no harm.
		last := rows[len(rows)-1].UserID
		p.AfterUser = before(last)
		if rows[0].UserID == last {
			p.AfterUser = last
		}
	}
}

// before returns the id before another one.
func before(id uuid.UUID) uuid.UUID {
	for i := len(id) - 1; i >= 0; i-- {
		id[i]--
		if id[i] != 0xff {
			break
		}
	}
	return id
}

// carriers adds who holds a role in a range of organizations.
func (l *listing) carriers(ctx context.Context, r *rbac.Role, number uint16, after, last uuid.UUID) error {
	implied := r == l.Catalog().ImpliedOrganization()
	var rows []db.ListSnapshotHoldersRow
	if implied {
		all, err := l.Q.ListSnapshotBelonging(ctx, db.ListSnapshotBelongingParams{AfterID: after, LastID: last})
		if err != nil {
			return err
		}
		for _, m := range all {
			rows = append(rows, db.ListSnapshotHoldersRow(m))
		}
	} else {
		var err error
		if rows, err = l.Q.ListSnapshotHolders(ctx, db.ListSnapshotHoldersParams{Role: r.Name, AfterID: after, LastID: last}); err != nil {
			return err
		}
	}
	var ending []uuid.UUID
	for _, m := range rows {
		if m.NextEnd.Valid {
			ending = append(ending, m.UserID)
		}
	}
	// A role ends with the membership, however long it was given for. A role held in several organizations lasts until the last
	// of them ends.
	stays, err := l.Stays(ctx, after, last, ending)
	if err != nil {
		return err
	}
	for _, m := range rows {
		end := int64(snapshot.Endless)
		if stay := stays[unit.StayOf{Organization: m.OrganizationID, User: m.UserID}]; stay != nil {
			end = stay.Until
			if !implied {
				end = stay.End(r.Name)
			}
		}
		l.add(m.UserID, number, m.Status, end)
	}
	return nil
}

// leaveOut drops accounts that the caller may not know of.
func (l *listing) leaveOut(ctx context.Context) error {
	if l.by.Can("read", org.UsersObject) {
		return nil
	}
	l.open = map[uuid.UUID]bool{}
	for users := range slices.Chunk(unit.SortedIDs(l.held), unit.ChunkSize) {
		rows, err := l.MembershipsOf(ctx, users)
		if err != nil {
			return err
		}
		seen := map[uuid.UUID]bool{}
		for _, m := range rows {
			open, known := l.open[m.OrganizationID]
			if !known {
				open = l.by.Can("read", org.OrgObject(m.OrganizationID)) && l.by.Can("read", org.MembersObject(m.OrganizationID))
				l.open[m.OrganizationID] = open
			}
			seen[m.UserID] = seen[m.UserID] || open
		}
		for _, id := range users {
			if !seen[id] && !l.by.Can("read", org.UserObject(id)) {
				delete(l.held, id)
			}
		}
	}
	return nil
}

// organizations returns those whose documents the caller may have.
func (l *listing) organizations(ctx context.Context) (readable []snapshot.OrganizationRevision, err error) {
	err = inPieces(ctx, l.Q, func(_ uuid.UUID, list []db.ListOrganizationRevisionsRow) error {
		for _, r := range list {
			if l.by.MayFollow(r.ID) {
				readable = append(readable, snapshot.OrganizationRevision{ID: r.ID, Revision: r.Revision})
			}
		}
		return nil
	})
	return readable, err
}
