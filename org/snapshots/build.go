package snapshots

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
	"rolecall.example/rbac/snapshot"
)

// piece is how many rows are read at once.
const piece = 5000

// Organization returns the document of an organization, for a caller who may read its members and its roles.
// NotFound: no such organization, or the caller may not have its document.
func (s *Service) Organization(ctx context.Context, by *org.Actor, ref string, o Order) (_ *File, err error) {
	defer org.Wrap(&err, "make the snapshot of organization %q", ref)
	if err := o.Normal(); err != nil {
		return nil, err
	}
	kid, _, err := s.signing.Current(ctx)
	if err != nil {
		return nil, err
	}
	var id uuid.UUID
	var key string
	now := state{kid: kid}
	err = s.units.Moment(ctx, by, func(src unit.Reader) error {
		found, err := src.Organization(ctx, by, ref)
		if err != nil {
			return err
		}
		if id = found.ID; !by.MayFollow(id) {
			return org.ErrNotFound()
		}
		key = o.key(id.String())
		if err := now.read(ctx, src, id); err != nil {
			return err
		}
		o.AtLeast, err = s.atLeast(ctx, src, key, id, now, o.AtLeast)
		return err
	})
	if err != nil {
		return nil, err
	}
	// Documents with roles only are requested where all must be of one version: they are never out of date.
	return s.get(ctx, key, now, o.AtLeast, !o.RolesOnly, func(ctx context.Context) (*entry, error) {
		return s.buildOrganization(ctx, key, id, o)
	})
}

// atLeast returns the revision that a document must have reached. A document from which the feed does not continue is useless,
// however recent. No document can have reached a revision that is not stored.
func (s *Service) atLeast(ctx context.Context, src unit.Reader, key string, id uuid.UUID, now state, asked int64) (int64, error) {
	e := s.cache.peek(key)
	if e == nil || e.state.revision >= now.revision || asked >= now.revision {
		return min(asked, now.revision), nil
	}
	n, err := src.Q.CountReloads(ctx, db.CountReloadsParams{Position: e.state.position, OrganizationID: id})
	if n > 0 {
		asked = now.revision
	}
	return asked, err
}

// read reads the state of an organization. NotFound: it was deleted.
func (st *state) read(ctx context.Context, src unit.Reader, id uuid.UUID) error {
	row, err := src.Q.GetSnapshotState(ctx, id)
	if db.IsNotFound(err) {
		return org.ErrNotFound()
	}
	st.revision, st.siteRevision, st.catalog, st.position = row.Revision, row.SiteRevision, row.Catalog, row.Position
	return err
}

func (s *Service) buildOrganization(ctx context.Context, key string, id uuid.UUID, o Order) (e *entry, err error) {
	kid, private, err := s.signing.Current(ctx)
	if err != nil {
		return nil, err
	}
	// The current key, not that of the time of the request: waiting for a turn may take long.
	by := snapshot.Signer{ID: kid, Key: private}
	err = s.units.Moment(ctx, nil, func(src unit.Reader) error {
		st := state{kid: kid}
		if err := errors.Join(src.Settle(ctx), st.read(ctx, src, id)); err != nil {
			return err
		}
		set, err := src.Roles(ctx, id)
		if err != nil {
			return err
		}
		roles := snapshot.OrganizationRoles(src.Catalog(), customs(set))
		h := s.header(src.Catalog(), o.Issuer, st)
		h.Kind, h.Organization, h.Counts.Roles = snapshot.KindOrganization, id.String(), len(roles)
		section, err := snapshot.RolesSection(roles)
		if err != nil {
			return err
		}
		sections := []snapshot.Section{section}
		if !o.RolesOnly {
			b, err := members(ctx, src, id, o, numbersOf(roles))
			if err != nil {
				return err
			}
			if sections, err = with(sections, b, &h); err != nil {
				return err
			}
		}
		e, err = s.store(key, st, h, sections, by)
		return err
	})
	return e, err
}

// customs returns the custom roles of a set, compiled. The built-in ones come from the catalog, the same for every organization.
func customs(set *unit.RoleSet) (list []*rbac.Role) {
	for i := range set.List {
		if !set.List[i].BuiltIn {
			list = append(list, set.List[i].Compiled)
		}
	}
	return list
}

// numbersOf returns the positions of roles in the document, by which sets refer to them.
func numbersOf(roles []snapshot.Role) map[string]uint16 {
	numbers := make(map[string]uint16, len(roles))
	for i := range roles {
		numbers[roles[i].Name] = uint16(i)
	}
	return numbers
}

// with adds the members to the sections.
func with(sections []snapshot.Section, b *snapshot.Builder, h *snapshot.Header) ([]snapshot.Section, error) {
	list, err := b.Sections()
	h.Counts.Members, h.Counts.Sets = b.Counts()
	return append(sections, list...), err
}

// members reads who belongs to an organization and is not suspended. Most hold the same as someone before: each distinct
// list of names is parsed once.
func members(ctx context.Context, src unit.Reader, id uuid.UUID, o Order, numbers map[string]uint16) (*snapshot.Builder, error) {
	row, err := src.Q.GetOrganization(ctx, id)
	if err != nil {
		return nil, err
	}
	b, sets := snapshot.NewBuilder(int(row.MemberCount)), map[string]uint32{}
	p := db.ListSnapshotMembersParams{OrganizationID: id, MaxRows: piece}
	for {
		rows, err := src.Q.ListSnapshotMembers(ctx, p)
		if err != nil {
			return nil, err
		}
		// Most members hold nothing that ends, and need no further reading.
		stays, err := staysOf(ctx, src, id, rows)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			r := &rows[i]
			// The query returns them all the same: where a batch ends must not depend on who is suspended.
			if r.Status == string(org.StatusSuspended) {
				continue
			}
			if stay := stays[unit.StayOf{Organization: id, User: r.UserID}]; stay != nil {
				b.Add(r.UserID, b.Held(until(r.Roles, stay, numbers), stay.Until))
			} else {
				set, known := sets[r.Roles]
				if !known {
					set = b.Set(held(r.Roles, numbers))
					sets[strings.Clone(r.Roles)] = set // the row's own text shares its memory with the whole row
				}
				b.Add(r.UserID, set)
			}
			for _, kind := range o.Aliases {
				name := r.UsernameKey
				if kind == snapshot.AliasEmail {
					name = r.EmailKey
				}
				if name != "" {
					b.Alias(snapshot.AliasID(o.Issuer, kind, name))
				}
			}
		}
		if len(rows) < piece {
			return b, nil
		}
		p.AfterKey = rows[len(rows)-1].UsernameKey
	}
}

// staysOf reads until when those of some members hold their roles who hold anything that ends.
func staysOf(ctx context.Context, src unit.Reader, id uuid.UUID, rows []db.ListSnapshotMembersRow) (map[unit.StayOf]*unit.Stay, error) {
	var users []uuid.UUID
	for i := range rows {
		if rows[i].NextEnd.Valid {
			users = append(users, rows[i].UserID)
		}
	}
	return src.Stays(ctx, id, id, users)
}

// until returns the numbers of roles by their names, each with its end.
func until(names string, stay *unit.Stay, numbers map[string]uint16) (list []snapshot.Until) {
	for name := range strings.FieldsSeq(names) {
		if n, ok := numbers[name]; ok {
			list = append(list, snapshot.Until{Role: n, End: stay.End(name)})
		}
	}
	return list
}

// held returns the numbers of roles by their names, separated by spaces. A name without a role gives nothing.
func held(names string, numbers map[string]uint16) (list []uint16) {
	for name := range strings.FieldsSeq(names) {
		if n, ok := numbers[name]; ok {
			list = append(list, n)
		}
	}
	return list
}

func (s *Service) header(c *rbac.Catalog, issuer string, st state) snapshot.Header {
	hash := c.Hash()
	return snapshot.Header{
		Issuer: issuer, Revision: st.revision, SiteRevision: st.siteRevision, Position: st.position,
		Catalog:  snapshot.HeaderCatalog{Version: c.Version(), Hash: hex.EncodeToString(hash[:])},
		IssuedAt: s.units.Now().UTC().Truncate(time.Second),
	}
}

// store writes a document to a file.
func (s *Service) store(key string, st state, h snapshot.Header, sections []snapshot.Section, by snapshot.Signer) (_ *entry, err error) {
	f, err := s.cache.create()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	w := bufio.NewWriterSize(f, 64<<10)
	if err := errors.Join(snapshot.Write(w, h, sections, by), w.Flush()); err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return &entry{key: key, tag: st.tag(key), state: st, made: s.units.Now(), path: f.Name(), size: info.Size()}, nil
}

// inPieces walks all organizations by id, in batches.
func inPieces(ctx context.Context, q db.Reads, use func(after uuid.UUID, list []db.ListOrganizationRevisionsRow) error) error {
	p := db.ListOrganizationRevisionsParams{MaxRows: piece / 10}
	for {
		rows, err := q.ListOrganizationRevisions(ctx, p)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			if err := use(p.AfterID, rows); err != nil {
				return err
			}
		}
		if int64(len(rows)) < p.MaxRows {
			return nil
		}
		p.AfterID = rows[len(rows)-1].ID
	}
}

// Find returns those organizations that are named, or all, whose documents the caller may have. NotFound: a named organization
// does not exist, or the caller may not have its document.
func (s *Service) Find(ctx context.Context, by *org.Actor, refs []string, all bool) (ids []uuid.UUID, err error) {
	defer org.Wrap(&err, "find %d organizations", len(refs))
	err = s.units.Moment(ctx, by, func(src unit.Reader) error {
		ids = nil
		if err := src.Settle(ctx); err != nil {
			return err
		}
		for _, ref := range refs {
			o, err := src.Organization(ctx, by, ref)
			if err != nil {
				return err
			}
			if !by.MayFollow(o.ID) {
				return org.ErrNotFound()
			}
			if !slices.Contains(ids, o.ID) {
				ids = append(ids, o.ID)
			}
		}
		if !all {
			return nil
		}
		return inPieces(ctx, src.Q, func(_ uuid.UUID, list []db.ListOrganizationRevisionsRow) error {
			for _, r := range list {
				if by.MayFollow(r.ID) {
					ids = append(ids, r.ID)
				}
			}
			return nil
		})
	})
	return ids, err
}
