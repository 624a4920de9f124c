package unit

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// ChunkSize is how many members are read at once when all are wanted.
const ChunkSize = 500

// Snapshot returns the data as the caller may read it, on the readers.
func (s *Units) Snapshot(by *org.Actor) Reader {
	r := s.reader(s.DB.Reads, by)
	r.known = by.Basis
	return r
}

// Glance gives fn what is stored now, on the readers and without a transaction. If another catalog comes into force between
// two of its reads, fn begins again, so it must keep nothing from an earlier run.
func Glance[T any](ctx context.Context, u *Units, by *org.Actor, fn func(src Reader) (T, error)) (v T, err error) {
	ctx, end := u.told(ctx, "read", fn)
	defer func() { end(err) }()
	for range readAgain {
		src, began := u.Snapshot(by), by.Catalog
		src.Q = u.DB.Within(ctx)
		v, err = fn(src)
		// If the caller was renewed on the way, what fn read before that was read under another catalog.
		if by.Catalog == began && !errors.Is(err, org.ErrCatalogMoved) {
			return v, err
		}
	}
	return v, org.ErrCatalogMoved
}

// OrganizationNow returns an organization that the caller may read. Errors as [Reader.Organization].
func (s *Units) OrganizationNow(ctx context.Context, by *org.Actor, ref string) (db.Organization, error) {
	return Glance(ctx, s, by, func(src Reader) (db.Organization, error) { return src.Organization(ctx, by, ref) })
}

// AccountNow returns an account that the caller may read. Errors as [Reader.ReadableUser].
func (s *Units) AccountNow(ctx context.Context, by *org.Actor, ref string) (db.UserRow, error) {
	return Glance(ctx, s, by, func(src Reader) (db.UserRow, error) { return src.ReadableUser(ctx, by, ref) })
}

// RolesNow returns the role set of an organization, or of the site for uuid.Nil.
func (s *Units) RolesNow(ctx context.Context, by *org.Actor, orgID uuid.UUID) (*RoleSet, error) {
	return Glance(ctx, s, by, func(src Reader) (*RoleSet, error) { return src.Roles(ctx, orgID) })
}

// Moment gives fn the data as it is at one moment, for a caller or for none: it sees nothing that is written meanwhile.
func (s *Units) Moment(ctx context.Context, by *org.Actor, fn func(src Reader) error) error {
	return s.moment(ctx, by, false, fn)
}

// MomentAside is Moment for lists. A standby may answer it, with all that was acknowledged before, and perhaps with what is about
// to be. Decisions, signatures and reads before a change must not use it. [ReadAgain] if the standby fails meanwhile.
func (s *Units) MomentAside(ctx context.Context, by *org.Actor, fn func(src Reader) error) error {
	return s.moment(ctx, by, true, fn)
}

// ReadAgain reports whether a read failed for a reason that will be gone when it is repeated.
func ReadAgain(err error) bool { return errors.Is(err, org.ErrCatalogMoved) || db.StandbyFailed(err) }

func (s *Units) moment(ctx context.Context, by *org.Actor, aside bool, fn func(src Reader) error) (err error) {
	if err := s.seed(ctx); err != nil { // a snapshot would not see it
		return err
	}
	ctx, end := s.told(ctx, "read", fn)
	defer func() { end(err) }()
	view, standby := s.DB.View, false
	if aside {
		view = s.DB.ViewAside
		_, standby = s.DB.Standby()
	}
	return view(ctx, func(q db.Reads) error {
		r := s.reader(q, by)
		if standby { // what it shows before the primary does may never be committed: nothing of it is remembered
			r.late = &lessons{}
		}
		r.Sets, r.states = map[uuid.UUID]*RoleSet{}, map[uuid.UUID]int64{}
		return fn(r)
	})
}

// EachInOrder walks the members by username in index order, from the one after afterKey on.
func (s Reader) EachInOrder(ctx context.Context, by *org.Actor, o db.Organization, f org.MemberFilter, afterKey string,
	begin func(count int) error, each func(*org.Member) error,
) error {
	if err := begin(int(o.MemberCount)); err != nil {
		return err
	}
	p, err := s.startAt(ctx, o, f.Offset, afterKey)
	if err != nil {
		return err
	}
	left := int64(f.Limit)
	if left == 0 {
		left = math.MaxInt64
	}
	next := func() ([]heldRow, error) {
		p.MaxRows = min(left, ChunkSize)
		rows, err := s.Q.ListMembers(ctx, p)
		if err != nil {
			return nil, err
		}
		all := make([]db.MemberRow, len(rows))
		for i := range rows {
			all[i] = memberRow(o.ID, &rows[i])
		}
		list, err := s.heldRows(ctx, all, f.WithSources)
		// Members left out do not count towards the limit: a page that is not full would look like the last one.
		if left -= int64(len(list)); int64(len(rows)) < p.MaxRows {
			left = 0
		}
		if left > 0 {
			p.AfterKey = org.FoldCase(all[len(all)-1].Username)
		}
		return list, err
	}
	useRow, err := s.rowsAs(ctx, by, o.ID, each)
	if err != nil {
		return err
	}
	use := func(rows []heldRow) error {
		for i := range rows {
			if err := useRow(&rows[i]); err != nil {
				return err
			}
		}
		return nil
	}
	return inTurn(func() bool { return left > 0 }, next, use)
}

// inTurn passes the batches of a list to use, as long as there are more. It fetches the next batch while one is in use, so use
// must not touch what they are fetched from. The first batch, which is all of a page, is fetched without a goroutine.
func inTurn[T any](more func() bool, next func() ([]T, error), use func([]T) error) error {
	if !more() {
		return nil
	}
	list, err := next()
	for err == nil && more() {
		ahead := make(chan struct{})
		var following []T
		var failed error
		go func() {
			following, failed = next()
			close(ahead)
		}()
		err = use(list)
		<-ahead // what it reads from must stay open until it is done
		list, err = following, cmp.Or(err, failed)
	}
	if err != nil {
		return err
	}
	return use(list)
}

// startAt finds the place before the member at an offset from a place, counting from the nearer end if the place is the start.
func (s Reader) startAt(ctx context.Context, o db.Organization, offset int, afterKey string) (p db.ListMembersParams, err error) {
	p = db.ListMembersParams{OrganizationID: o.ID, AfterKey: afterKey}
	skip := int64(offset)
	switch left := o.MemberCount - skip; {
	case skip == 0:
	case afterKey != "":
		p.AfterKey, err = s.Q.GetMemberKey(ctx, db.GetMemberKeyParams{OrganizationID: o.ID, AfterKey: afterKey, Others: skip - 1})
		if db.IsNotFound(err) {
			p.AfterKey, err = Everywhere.before, nil
		}
	case left <= 0:
		p.AfterKey = Everywhere.before
	case left < skip:
		p.AfterKey, err = s.Q.GetMemberKeyFromEnd(ctx, db.GetMemberKeyFromEndParams{OrganizationID: o.ID, Others: left})
	default:
		p.AfterKey, err = s.Q.GetMemberKey(ctx, db.GetMemberKeyParams{OrganizationID: o.ID, Others: skip - 1})
	}
	return p, err
}

// rowsAs returns a function that turns a row of an organization into a member. It has read all it needs when it returns.
func (s Reader) rowsAs(ctx context.Context, by *org.Actor, orgID uuid.UUID, each func(*org.Member) error) (func(*heldRow) error, error) {
	roles, err := s.Roles(ctx, orgID)
	if err != nil {
		return nil, err
	}
	site, err := s.Roles(ctx, uuid.Nil)
	return func(row *heldRow) error {
		m := memberOf(&row.MemberRow, roles, site)
		m.Self, m.Sources, m.ManagedBy = m.UserID == by.ID(), row.sources, row.managers
		return each(&m)
	}, err
}

// EachByID walks the members with these ids, in their order, in batches. Those who are no longer members are left out.
func (s Reader) EachByID(ctx context.Context, by *org.Actor, orgID uuid.UUID, ids []uuid.UUID, each func(*org.Member) error) error {
	return s.eachByID(ctx, by, orgID, ids, false, each)
}

func (s Reader) eachByID(ctx context.Context, by *org.Actor, orgID uuid.UUID, ids []uuid.UUID, sources bool, each func(*org.Member) error) error {
	use, err := s.rowsAs(ctx, by, orgID, each)
	if err != nil {
		return err
	}
	for piece := range slices.Chunk(ids, ChunkSize) {
		rows, err := s.Q.ListMembersByID(ctx, db.ListMembersByIDParams{OrganizationID: orgID, UserIds: piece})
		if err != nil {
			return err
		}
		InOrder(rows, piece, func(r *db.MemberRow) uuid.UUID { return r.UserID })
		list, err := s.heldRows(ctx, rows, sources)
		if err != nil {
			return err
		}
		for i := range list {
			if err := use(&list[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// InOrder sorts rows into the order of ids.
func InOrder[R any, K comparable](rows []R, ids []K, id func(*R) K) {
	place := make(map[K]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	slices.SortFunc(rows, func(a, b R) int { return place[id(&a)] - place[id(&b)] })
}

// Refusals fills in for each member why the caller may not change its roles or remove it.
// It only predicts what docs/spec/assigning.md and docs/spec/members.md refuse: the use cases decide.
func (s Reader) Refusals(ctx context.Context, by *org.Actor, o db.Organization, members []org.Member) error {
	roles, err := s.Roles(ctx, o.ID)
	if err != nil {
		return err
	}
	assign := by.Can("assign", org.OrgRolesObject(o.ID)) || by.Can("unassign", org.OrgRolesObject(o.ID))
	remove := by.Can("delete", org.MembersObject(o.ID))
	crowd, err := s.newCrowd(ctx, o.ID)
	if err != nil {
		return err
	}
	managers, err := crowd.bothManagers(ctx)
	if err != nil {
		return err
	}
	for i := range members {
		m := &members[i]
		m.Self = m.UserID == by.ID()
		switch {
		case m.Self:
			m.RolesRefusal, m.RemoveRefusal = "You can't change your own roles", "You can't remove yourself"
			continue
		case !assign:
			m.RolesRefusal = "Needs assign_org_role:assign or assign_org_role:unassign"
		default:
			if beyond := s.BeyondCaller(by, o.ID, roles.Held(m.Roles)); len(beyond) > 0 {
				m.RolesRefusal = "Has permissions you don't have: " + org.Summarize(beyond)
			}
		}
		if !remove {
			m.RemoveRefusal = "Needs organization_member:delete"
			continue
		}
		last, err := s.LastAdmin(ctx, by, o.ID, m.UserID, m.Status, RoleNames(m.Roles))
		if err != nil {
			return err
		}
		if last {
			m.RemoveRefusal = "The last active organization admin; only a site owner can remove it"
		}
		if by.Owner() || last {
			continue
		}
		if only, err := managers.only(ctx, m); err != nil {
			return err
		} else if only {
			m.RemoveRefusal = "The only one who can manage " + o.DisplayName + "; only a site owner can remove it"
		}
	}
	return nil
}

// Member returns one membership. NotFound: no such organization or membership for this caller. Invalid: no such user.
func (s *Units) Member(ctx context.Context, subject *org.Actor, organization, user string) (m org.Member, err error) {
	err = s.Moment(ctx, subject, func(src Reader) error {
		o, err := src.Organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		m, err = src.MemberView(ctx, subject, o, user)
		return err
	})
	return m, err
}

// MemberView returns a membership with what the caller may do to it. Errors as Member.
func (s Reader) MemberView(ctx context.Context, by *org.Actor, o db.Organization, user string) (org.Member, error) {
	row, err := s.Member(ctx, by, o.ID, user)
	if err != nil {
		return org.Member{}, err
	}
	m, err := s.MemberOf(ctx, row)
	if err != nil {
		return org.Member{}, err
	}
	m.AccountVersion = row.UserVersion
	records, err := s.RecordsOfMember(ctx, row)
	if err != nil {
		return org.Member{}, err
	}
	m.Assignments = Shown(by, records, s.When)
	if err := s.nameRules(ctx, m.Assignments); err != nil {
		return org.Member{}, err
	}
	one := []org.Member{m}
	err = s.Refusals(ctx, by, o, one)
	return one[0], err
}

// PermissionsToAdd are the permissions that adding a member takes.
var PermissionsToAdd = []string{"organization_member:create", "assign_org_role:assign"}

// MayAddMembers reports whether the caller has PermissionsToAdd.
func MayAddMembers(by *org.Actor, orgID uuid.UUID) bool {
	return by.Can("assign", org.OrgRolesObject(orgID)) && by.Can("create", org.MembersObject(orgID))
}
