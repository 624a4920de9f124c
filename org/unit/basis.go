package unit

import (
	"context"
	"database/sql"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Credential is what a request is authenticated by: an account, and the token or session that named it, if any.
type Credential struct {
	User    uuid.UUID
	Token   string
	Session string // must not have ended
}

// basisOf reads what decides about a caller. Not found: the account is gone, or the token or session has ended.
func (s Reader) basisOf(ctx context.Context, c Credential) (org.Basis, error) {
	return s.basisBetween(ctx, c, uuid.Nil, uuid.Max)
}

// basisBetween is basisOf for the organizations between two ids alone.
func (s Reader) basisBetween(ctx context.Context, c Credential, first, last uuid.UUID) (rows org.Basis, err error) {
	switch {
	case c.Token == "" && c.Session == "":
		rows, err = s.Q.ListCaller(ctx, db.ListCallerParams{UserID: c.User, First: first, Last: last})
	case c.Token == "":
		var bySession []db.ListCallerBySessionRow
		bySession, err = s.Q.ListCallerBySession(ctx, db.ListCallerBySessionParams{
			Token: c.Session, UserID: c.User, Now: s.When, First: first, Last: last,
		})
		for _, r := range bySession {
			rows = append(rows, db.ListCallerRow(r))
		}
	default:
		var byToken []db.ListCallerByTokenRow
		byToken, err = s.Q.ListCallerByToken(ctx, db.ListCallerByTokenParams{
			Token: c.Token, UserID: c.User, Now: s.When, First: first, Last: last,
		})
		for _, r := range byToken {
			rows = append(rows, db.ListCallerRow(r))
		}
	}
	if err == nil {
		rows, err = s.heldBasis(ctx, c.User, rows)
	}
	if err == nil {
		rows = s.over.basis(c.User, rows, s.good)
	}
	if err == nil && (len(rows) == 0 || rows[0].OrganizationID != uuid.Nil) {
		err = sql.ErrNoRows
	}
	return rows, err
}

// BasisNow is basisOf with every write that was acknowledged before the call. Where learning the state of the data costs less
// than reading a basis, it reads one once per state.
func (s *Units) BasisNow(ctx context.Context, c Credential) (org.Basis, error) {
	version, known := s.DB.Version()
	if !known { // read each time, once for all who wait
		return s.Memory.asked.find(ctx, c, func(ctx context.Context) (b org.Basis, err error) {
			err = s.DB.Ask(ctx, func(q db.Reads) error {
				b, err = s.reader(q, nil).basisOf(ctx, c)
				return err
			})
			return b, err
		})
	}
	b, err := s.Memory.bases.find(version, c, func() (org.Basis, error) {
		ctx := context.WithoutCancel(ctx) // others may wait for it
		b, err := s.reader(s.DB, nil).basisOf(ctx, c)
		if err == nil { // the version was read first: if a write came in between, only the version is out of date
			s.learnAt(ctx, version, c.User, b)
		}
		return b, err
	})
	if src := s.reader(s.DB, nil); err == nil && b.Ended(src.When) { // it was read before that end, or the record is unswept
		return src.basisOf(ctx, c)
	}
	return b, err
}

// RevisionOfAll returns a revision that changes with every write, and includes all that were acknowledged before the call.
func (s *Units) RevisionOfAll(ctx context.Context) (db.GetRevisionOfAllRow, error) {
	version, known := s.DB.Version()
	if last := s.Memory.ofAll.Load(); known && last != nil && last.version == version {
		return last.row, nil
	}
	row, err := s.DB.GetRevisionOfAll(ctx)
	if err == nil && known {
		s.Memory.ofAll.Store(&revisionOfAll{version, row})
	}
	return row, err
}

// learnAt remembers what an account may do in a state of the data, if everything that was read for it is from that state.
func (s *Units) learnAt(ctx context.Context, version db.Version, user uuid.UUID, b org.Basis) {
	src := s.reader(s.DB.Reads, nil)
	if _, ok := src.Remembered(user, b); ok {
		return
	}
	found, err := src.loadSubject(ctx, user, b)
	if now, _ := s.DB.Version(); err == nil && now == version {
		found.Basis, found.Key = b, b.Key(user)
		src.learnSubject(user, found)
	}
}

// stillStands returns the actor with present revisions, if its rows of the site and of one organization are as they were when it
// was admitted. If not ok it must be read again. It may be a member of hundreds of other organizations.
func (s Reader) stillStands(ctx context.Context, by *org.Actor, c Credential, place uuid.UUID) (_ *org.Actor, ok bool, err error) {
	if place == uuid.Nil || by.Basis == nil {
		return nil, false, nil
	}
	rows, err := s.basisBetween(ctx, c, place, place)
	if err != nil {
		return nil, false, err
	}
	with := *by
	if with.Basis, ok = by.Basis.Renewed(rows, place); ok {
		err = s.at(ctx, with.Basis.Catalog())
	}
	return &with, ok, err
}

// Compiled returns who a credential stands for, from memory if that was made from the same basis.
func (s *Units) Compiled(ctx context.Context, c Credential, b org.Basis) (*org.Actor, error) {
	if known, ok := s.reader(nil, nil).Remembered(c.User, b); ok {
		return known, nil
	}
	var found *org.Actor
	err := s.Moment(ctx, nil, func(src Reader) error {
		shared, err := src.Caller(ctx, c)
		if err == nil {
			one := *shared // it may be renewed, while others must get it as it is now
			found = &one
		}
		return err
	})
	return found, err
}

// lessons holds what a transaction read that may be remembered. While the transaction runs, what others wrote into the same batch
// before it may still fail, and numbers that it saw may come again with another meaning.
type lessons struct {
	roles    []stateOfRoles
	subjects map[uuid.UUID]*org.Actor
	catalogs []*rbac.Catalog
}

// learnRoles remembers a role set; in a transaction not before the commit.
func (s Reader) learnRoles(orgID uuid.UUID, state int64, set *RoleSet) {
	if s.late == nil {
		s.Memory.roleSets.remember(orgID, state, s.Catalog().Version(), set)
		return
	}
	s.late.roles = append(s.late.roles, stateOfRoles{state, s.Catalog().Version(), set})
}

// learnSubject skips accounts that a change would touch: what is laid over the data is not stored, and may never be.
func (s Reader) learnSubject(id uuid.UUID, found *org.Actor) {
	switch {
	case !s.over.spares(id), s.good:
	case s.late == nil:
		s.Memory.Subjects.Remember(id, found)
	default:
		if s.late.subjects == nil {
			s.late.subjects = map[uuid.UUID]*org.Actor{}
		}
		s.late.subjects[id] = found
	}
}

// keep remembers what was learned in a transaction that has been committed.
func (s *Units) keep(l *lessons) {
	for _, c := range l.catalogs {
		s.catalogs.remember(c)
	}
	for _, r := range l.roles {
		s.Memory.roleSets.remember(r.set.Org, r.state, r.catalog, r.set)
	}
	for id, subject := range l.subjects {
		s.Memory.Subjects.Remember(id, subject)
	}
}
