package unit

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/fold"
)

// memberSearch is a MemberFilter as the queries take it.
type memberSearch struct {
	db.SearchMembersParams
	org      db.Organization
	only     uuid.UUID // uuid.Nil: everyone who matches
	afterKey string    // the username before the first one wanted; "" for none
	countMax int64     // a count may stop here
	sources  bool      // the sources of records are wanted
}

// NewMemberSearch makes a memberSearch of a filter, limited to the memberships that may be read. It does not look up the accounts
// that the filter names by id. Invalid: a bad query, unknown sort.
func NewMemberSearch(o db.Organization, within keyRange, f *org.MemberFilter, now time.Time) (memberSearch, error) {
	s := memberSearch{org: o, countMax: math.MaxInt64, sources: f.WithSources}
	s.OrganizationID, s.FromKey, s.BeforeKey = o.ID, within.from, within.before
	s.MaxRows, s.Skip = int64(f.Limit), int64(f.Offset)
	s.Statuses = SpaceJoined(f.Statuses)
	// Everyone holds the implied roles, so a filter by one of them leaves no one out.
	if !slices.Contains(f.Roles, org.RoleOrganizationUser) {
		s.Roles = SpaceJoined(f.Roles)
	}
	if !slices.Contains(f.SiteRoles, org.RoleMember) {
		s.SiteRoles = SpaceJoined(f.SiteRoles)
	}
	if f.CountLimit > 0 {
		s.countMax = int64(f.CountLimit) + 1
	}
	if s.MaxRows == 0 {
		s.MaxRows = math.MaxInt64
	}
	if f.Literal || !strings.Contains(f.Query, ":") {
		s.Query = fold.Text(f.Query)
		s.records(f.Records, now)
	} else if err := s.read(f, now); err != nil {
		return s, err
	}
	var err error
	s.Sort, s.Descending, err = Sorting(f.Sort, org.MemberSorts)
	return s, err
}

// read narrows a search by a query of the search language. Invalid: what is wrong with it.
func (s *memberSearch) read(f *org.MemberFilter, now time.Time) error {
	q := ParseSearch(f.Query, "", org.MemberQueryKeys...)
	s.Query, s.Name = fold.Text(q.Text), fold.Text(q.One("name"))
	if s.Query == "" {
		s.Query = s.Name // a text in the name is in all texts too, for which there is an index
	}
	s.only = q.ID("user_id")
	q.Bool("include_system") // there are no system accounts
	s.ServiceAccount = q.Bool("service_account")
	s.LoginTypes = SpaceJoined(q.OneOf("login_type", org.LoginTypes))
	s.SeenBefore, s.SeenAfter = q.Time("last_seen_before"), q.Time("last_seen_after")
	s.CreatedBefore, s.CreatedAfter = q.Time("created_before"), q.Time("created_after")
	s.ByAccount = s.Name+s.ServiceAccount+s.LoginTypes != "" ||
		s.SeenBefore.Valid || s.SeenAfter.Valid || s.CreatedBefore.Valid || s.CreatedAfter.Valid
	s.records(q.Records(f.Records), now)
	statuses, ok := narrowed(s.Statuses, q.OneOf("status", org.Statuses))
	roles := q.List("role")
	if slices.Contains(roles, org.RoleMember) {
		roles = nil
	}
	siteRoles, held := narrowed(s.SiteRoles, roles)
	s.Statuses, s.SiteRoles = statuses, siteRoles
	if q.GitHub("github_user_id", "github_com_user_id") || !ok || !held {
		s.within(Nowhere)
	}
	return q.Bad.Err("Invalid organization member search query.")
}

// records narrows a search to holders of some records.
func (s *memberSearch) records(f org.RecordFilter, now time.Time) {
	s.Sources, s.EndsBefore = SpaceJoined(f.Sources), EndsBefore(f, now)
}

// EndsBefore returns the time before which the records found must end, if the filter asks for that.
func EndsBefore(f org.RecordFilter, now time.Time) sql.NullTime {
	return sql.NullTime{Time: now.Add(f.Ending), Valid: f.Ending > 0}
}

// narrowed returns the names that are in both lists, of which an empty one means all. ok is false if there are none.
func narrowed(joined string, names []string) (both string, ok bool) {
	if joined == "" || len(names) == 0 {
		return joined + SpaceJoined(names), true
	}
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.Contains(joined, " "+n+" ") })
	return SpaceJoined(names), len(names) > 0
}

// MemberSearch does what NewMemberSearch does within what the caller may read, and looks up the accounts that the filter names
// by id. Invalid also: AfterID in another order than by username, or of a membership that the caller may not read.
func (s Reader) MemberSearch(ctx context.Context, by *org.Actor, o db.Organization, f *org.MemberFilter) (memberSearch, error) {
	search, err := NewMemberSearch(o, s.Readable(by, o.ID), f, s.When)
	if err != nil {
		return search, err
	}
	if f.AfterID != uuid.Nil {
		if !search.byUsername() {
			return search, BadAfterID("needs the list by username")
		}
		key, err := s.readableKey(ctx, by, o.ID, f.AfterID)
		if err == nil && key == "" {
			err = BadAfterID("names no member")
		}
		if err != nil {
			return search, err
		}
		search.afterKey = key
	}
	if search.only != uuid.Nil {
		key, err := s.readableKey(ctx, by, o.ID, search.only)
		if err != nil {
			return search, err
		}
		if key == "" || key < search.FromKey || key >= search.BeforeKey {
			search.within(Nowhere)
		} else {
			search.within(keyRange{key, after(key)})
		}
	}
	return search, nil
}

// readableKey returns the key of a member that the caller may read, "" if there is none.
func (s Reader) readableKey(ctx context.Context, by *org.Actor, orgID, user uuid.UUID) (string, error) {
	row, err := s.MemberRow(ctx, orgID, user)
	if db.IsNotFound(err) || err == nil && !by.Can("read", org.MemberObject(orgID, user)) {
		return "", nil
	}
	return row.UsernameKey, err
}

// BadAfterID refuses the id after which a page was to begin.
func BadAfterID(problem string) *org.Error {
	return &org.Error{Kind: org.Invalid, Message: "Query parameters have invalid values.", Fields: []org.Field{{
		Field: "after_id", Detail: `Query param "after_id" ` + problem,
	}}}
}

// Sorting returns the key that a list is to be ordered by: the first of keys unless sort names another. Invalid: not one of them.
func Sorting(sort string, keys []string) (key string, descending bool, err error) {
	if sort == "" {
		return keys[0], false, nil
	}
	key, descending = strings.CutPrefix(sort, "-")
	if !slices.Contains(keys, key) {
		err = &org.Error{Kind: org.Invalid, Message: "Query parameters have invalid values.", Fields: []org.Field{{
			Field: "sort", Detail: fmt.Sprintf("Query param %q must be one of %s, with - in front for descending", "sort", strings.Join(keys, ", ")),
		}}}
	}
	return key, descending, err
}

const SortUsername = "username"

func (s *memberSearch) within(r keyRange) { s.FromKey, s.BeforeKey = r.from, r.before }

// from returns the first username, folded, that a page may begin with.
func (s *memberSearch) from() string {
	if s.afterKey == "" {
		return s.FromKey
	}
	return max(s.FromKey, after(s.afterKey))
}

func (s *memberSearch) byUsername() bool { return s.Sort == SortUsername && !s.Descending }

func (s *memberSearch) filtered() bool {
	return s.Query+s.Statuses+s.Roles+s.SiteRoles+s.Sources != "" || s.ByAccount || s.EndsBefore.Valid || keyRange{s.FromKey, s.BeforeKey} != Everywhere
}

// Everybody reports whether the search is the whole list, and after which username it begins.
func (s *memberSearch) Everybody() (afterKey string, ok bool) {
	return s.afterKey, s.byUsername() && !s.filtered()
}

// role returns the one role that everyone found must hold, if the search names one.
func (s *memberSearch) role() string {
	if roles := strings.Fields(s.Roles); len(roles) == 1 {
		return roles[0]
	}
	return ""
}

// orderQuery reads the ids of a page of everyone in some order, from an index.
type orderQuery func(ctx context.Context, p db.ListMembersByNameParams) ([]uuid.UUID, error)

// inOrder returns what reads everyone in the order of a search and in the opposite one, nil if no index has that order.
func (s Reader) inOrder(search memberSearch) []orderQuery {
	if search.filtered() {
		return nil
	}
	var both []orderQuery
	switch search.Sort {
	case "name":
		both = []orderQuery{s.Q.ListMembersByName, func(ctx context.Context, p db.ListMembersByNameParams) ([]uuid.UUID, error) {
			return s.Q.ListMembersByNameDescending(ctx, db.ListMembersByNameDescendingParams(p))
		}}
	case "email":
		both = []orderQuery{func(ctx context.Context, p db.ListMembersByNameParams) ([]uuid.UUID, error) {
			return s.Q.ListMembersByEmail(ctx, db.ListMembersByEmailParams(p))
		}, func(ctx context.Context, p db.ListMembersByNameParams) ([]uuid.UUID, error) {
			return s.Q.ListMembersByEmailDescending(ctx, db.ListMembersByEmailDescendingParams(p))
		}}
	case "created_at":
		both = []orderQuery{func(ctx context.Context, p db.ListMembersByNameParams) ([]uuid.UUID, error) {
			return s.Q.ListMembersByAge(ctx, db.ListMembersByAgeParams(p))
		}, func(ctx context.Context, p db.ListMembersByNameParams) ([]uuid.UUID, error) {
			return s.Q.ListMembersByAgeDescending(ctx, db.ListMembersByAgeDescendingParams(p))
		}}
	}
	if search.Descending {
		slices.Reverse(both)
	}
	return both
}

// ordered returns a page of everyone, read from the nearer end, and how many there are.
func (s Reader) ordered(ctx context.Context, search memberSearch, read []orderQuery) (ids []uuid.UUID, total int, err error) {
	count := search.org.MemberCount
	rows := min(search.MaxRows, count-search.Skip)
	if rows <= 0 {
		return nil, int(count), nil
	}
	p := db.ListMembersByNameParams{OrganizationID: search.OrganizationID, Skip: search.Skip, MaxRows: rows}
	if behind := count - search.Skip - rows; behind < search.Skip {
		p.Skip = behind
		ids, err = read[1](ctx, p)
		slices.Reverse(ids)
		return ids, int(count), err
	}
	ids, err = read[0](ctx, p)
	return ids, int(count), err
}
