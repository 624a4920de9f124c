package unit

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// keyRange is a range of folded usernames: from one on, and before another.
type keyRange struct{ from, before string }

// The widest range of usernames, and an empty one.
var (
	Everywhere = keyRange{before: "\U0010FFFF"} // the last code point, with which no username begins
	Nowhere    = keyRange{}
)

// after returns the first text that sorts after key: no username has a control character.
func after(key string) string { return key + "\x01" }

// Readable returns the range of memberships that the caller may read: all, or its own. (If that is denied too, there are none.)
func (s *Units) Readable(by *org.Actor, orgID uuid.UUID) keyRange {
	switch {
	case by.Can("read", org.MembersObject(orgID)):
		return Everywhere
	case by.Can("read", org.MemberObject(orgID, by.ID())):
		key := org.FoldCase(by.User.Username)
		return keyRange{key, after(key)}
	}
	return Nowhere
}

// found is a member that a search found, and the place to continue from.
type found struct {
	id  uuid.UUID
	key string
}

// EachFound walks the members that a search finds, in batches, and in index order where an index has the order.
func (s Reader) EachFound(ctx context.Context, by *org.Actor, search memberSearch,
	begin func(count int) error, each func(*org.Member) error,
) error {
	few, err := s.FewMatch(ctx, search.Query, search.org.MemberCount)
	if err != nil {
		return err
	}
	use := func(ids []uuid.UUID) (n int, err error) {
		err = s.eachByID(ctx, by, search.org.ID, ids, search.sources, func(m *org.Member) error {
			n++
			return each(m)
		})
		return n, err
	}
	if few || !search.byUsername() {
		return s.eachSorted(ctx, search, few, begin, use)
	}
	first, err := s.walk(ctx, search)
	if err != nil {
		return err
	}
	total, err := s.countMembers(ctx, search, len(first))
	if err != nil {
		return err
	}
	if err := begin(int(total)); err != nil {
		return err
	}
	return s.eachPiece(ctx, search, first, use)
}

// eachSorted gives the ids of a page, in any order, to use. use returns how many of them were still members: the page continues
// with others in place of those who were not.
func (s Reader) eachSorted(ctx context.Context, search memberSearch, few bool, begin func(int) error, use func([]uuid.UUID) (int, error)) error {
	for page := 0; ; page++ {
		ids, total, err := s.sortedMembers(ctx, search, few)
		if err != nil {
			return err
		}
		if page == 0 {
			if err := begin(total); err != nil {
				return err
			}
		}
		n, err := use(ids)
		if err != nil || n == len(ids) {
			return err
		}
		search.Skip += int64(len(ids))
		search.MaxRows = int64(len(ids) - n)
	}
}

// MemberIDs returns the ids of the members that a search finds.
func (s Reader) MemberIDs(ctx context.Context, search memberSearch) (all []uuid.UUID, err error) {
	few, err := s.FewMatch(ctx, search.Query, search.org.MemberCount)
	if err != nil {
		return nil, err
	}
	if few || !search.byUsername() {
		all, _, err = s.sortedMembers(ctx, search, few)
		return all, err
	}
	first, err := s.walk(ctx, search)
	if err != nil {
		return nil, err
	}
	err = s.eachPiece(ctx, search, first, func(ids []uuid.UUID) (int, error) {
		all = append(all, ids...)
		return len(ids), nil
	})
	return all, err
}

// FewMatch reports whether looking up the accounts that may have a text is better than walking a list of everyone until
// enough of them have it. Looking one up costs as much as walking past a dozen.
func (s Reader) FewMatch(ctx context.Context, query string, all int64) (bool, error) {
	// The index of texts contains groups of three characters, and finds nothing shorter.
	if utf8.RuneCountInString(query) < 3 {
		return false, nil
	}
	limit := all / 12
	n, err := s.Q.CountSearched(ctx, db.CountSearchedParams{Query: query, MaxRows: limit + 1})
	return n <= limit, err
}

// sortedMembers returns a page of the members found, in any order, and how many there are.
func (s Reader) sortedMembers(ctx context.Context, search memberSearch, few bool) (ids []uuid.UUID, total int, err error) {
	if read := s.inOrder(search); read != nil {
		return s.ordered(ctx, search, read)
	}
	if !few {
		p := search.SearchMembersParams
		if ids, err = s.Q.SortMembers(ctx, db.SortMembersParams{
			Descending: p.Descending, Sort: p.Sort, OrganizationID: p.OrganizationID, FromKey: p.FromKey, BeforeKey: p.BeforeKey,
			Query: p.Query, Statuses: p.Statuses, Roles: p.Roles, SiteRoles: p.SiteRoles, Skip: p.Skip, MaxRows: p.MaxRows,
			ByAccount: p.ByAccount, Name: p.Name, LoginTypes: p.LoginTypes, ServiceAccount: p.ServiceAccount,
			CreatedBefore: p.CreatedBefore, CreatedAfter: p.CreatedAfter, SeenBefore: p.SeenBefore, SeenAfter: p.SeenAfter,
			Sources: p.Sources, EndsBefore: p.EndsBefore,
		}); err != nil {
			return nil, 0, err
		}
		n, err := s.countMembers(ctx, search, len(ids))
		return ids, int(n), err
	}
	if search.byUsername() {
		return s.searchByUsername(ctx, search)
	}
	rows, err := s.Q.SearchMembers(ctx, search.SearchMembersParams)
	if err == nil && len(rows) == 0 && search.Skip > 0 { // past the end, where no row says how many there are
		search.Skip, search.MaxRows = 0, 1
		_, total, err := s.sortedMembers(ctx, search, few)
		return nil, total, err
	}
	for _, r := range rows {
		ids, total = append(ids, r.UserID), int(r.Total)
	}
	return ids, total, err
}

// searchByUsername does the same in the usual order. The database returns all matches faster than it sorts, counts and
// cuts them.
func (s Reader) searchByUsername(ctx context.Context, search memberSearch) (ids []uuid.UUID, total int, err error) {
	p := search.SearchMembersParams
	rows, err := s.Q.SearchMembersByUsername(ctx, db.SearchMembersByUsernameParams{
		OrganizationID: p.OrganizationID, FromKey: p.FromKey, BeforeKey: p.BeforeKey,
		Query: p.Query, Statuses: p.Statuses, Roles: p.Roles, SiteRoles: p.SiteRoles,
		ByAccount: p.ByAccount, Name: p.Name, LoginTypes: p.LoginTypes, ServiceAccount: p.ServiceAccount,
		CreatedBefore: p.CreatedBefore, CreatedAfter: p.CreatedAfter, SeenBefore: p.SeenBefore, SeenAfter: p.SeenAfter,
		Sources: p.Sources, ByEnd: p.EndsBefore.Valid, EndsBefore: p.EndsBefore,
	})
	slices.SortFunc(rows, func(a, b db.SearchMembersByUsernameRow) int { return strings.Compare(a.UsernameKey, b.UsernameKey) })
	total = len(rows)
	passed, _ := slices.BinarySearchFunc(rows, search.from(), func(r db.SearchMembersByUsernameRow, key string) int {
		return strings.Compare(r.UsernameKey, key)
	})
	rows = rows[min(passed+int(p.Skip), total):]
	for _, r := range rows[:min(p.MaxRows, int64(len(rows)))] {
		ids = append(ids, r.UserID)
	}
	return ids, total, err
}

// walk returns the next members that a search by username finds, one batch at most.
func (s Reader) walk(ctx context.Context, search memberSearch) (list []found, err error) {
	p := search.SearchMembersParams
	p.MaxRows = min(p.MaxRows, ChunkSize)
	if role := search.role(); role != "" {
		rows, err := s.Q.FindMembersOfRole(ctx, db.FindMembersOfRoleParams{
			OrganizationID: p.OrganizationID, Role: role, FromKey: search.from(), BeforeKey: p.BeforeKey,
			Query: p.Query, Statuses: p.Statuses, SiteRoles: p.SiteRoles, Skip: p.Skip, MaxRows: p.MaxRows,
			ByAccount: p.ByAccount, Name: p.Name, LoginTypes: p.LoginTypes, ServiceAccount: p.ServiceAccount,
			CreatedBefore: p.CreatedBefore, CreatedAfter: p.CreatedAfter, SeenBefore: p.SeenBefore, SeenAfter: p.SeenAfter,
			Sources: p.Sources, EndsBefore: p.EndsBefore,
		})
		for _, r := range rows {
			list = append(list, found{r.UserID, r.UsernameKey})
		}
		return list, err
	}
	rows, err := s.Q.FindMembers(ctx, db.FindMembersParams{
		OrganizationID: p.OrganizationID, FromKey: search.from(), BeforeKey: p.BeforeKey,
		Query: p.Query, Statuses: p.Statuses, Roles: p.Roles, SiteRoles: p.SiteRoles, Skip: p.Skip, MaxRows: p.MaxRows,
		ByAccount: p.ByAccount, Name: p.Name, LoginTypes: p.LoginTypes, ServiceAccount: p.ServiceAccount,
		CreatedBefore: p.CreatedBefore, CreatedAfter: p.CreatedAfter, SeenBefore: p.SeenBefore, SeenAfter: p.SeenAfter,
		Sources: p.Sources, EndsBefore: p.EndsBefore,
	})
	for _, r := range rows {
		list = append(list, found{r.UserID, r.UsernameKey})
	}
	return list, err
}

// eachPiece gives fn the ids of first, and then those of all batches that follow. fn returns how many of them count towards the
// limit.
func (s Reader) eachPiece(ctx context.Context, search memberSearch, first []found, fn func([]uuid.UUID) (int, error)) (err error) {
	for list := first; len(list) > 0; {
		ids := make([]uuid.UUID, len(list))
		for i, f := range list {
			ids[i] = f.id
		}
		n, err := fn(ids)
		if err != nil {
			return err
		}
		wanted := min(search.MaxRows, ChunkSize)
		search.MaxRows -= int64(n)
		if search.MaxRows == 0 || int64(len(list)) < wanted {
			return nil
		}
		// The members to be skipped have been passed.
		search.afterKey, search.Skip = list[len(list)-1].key, 0
		if list, err = s.walk(ctx, search); err != nil {
			return err
		}
	}
	return nil
}

// countMembers returns how many members a search finds, or countMax if there are more. here is the length of its first batch or
// page.
func (s Reader) countMembers(ctx context.Context, search memberSearch, here int) (int64, error) {
	p, n := search.SearchMembersParams, int64(here)
	switch role := search.role(); {
	// A batch that is not full is the last one, so no count is needed.
	case search.afterKey == "" && n < min(p.MaxRows, ChunkSize) && (n > 0 || p.Skip == 0):
		return p.Skip + n, nil
	case role == "":
		return s.Q.CountMembers(ctx, db.CountMembersParams{
			OrganizationID: p.OrganizationID, FromKey: p.FromKey, BeforeKey: p.BeforeKey,
			Query: p.Query, Statuses: p.Statuses, Roles: p.Roles, SiteRoles: p.SiteRoles, MaxRows: search.countMax,
			ByAccount: p.ByAccount, Name: p.Name, LoginTypes: p.LoginTypes, ServiceAccount: p.ServiceAccount,
			CreatedBefore: p.CreatedBefore, CreatedAfter: p.CreatedAfter, SeenBefore: p.SeenBefore, SeenAfter: p.SeenAfter,
			Sources: p.Sources, EndsBefore: p.EndsBefore,
		})
	case p.Query+p.Statuses+p.SiteRoles+p.Sources == "" && !p.ByAccount && !p.EndsBefore.Valid && keyRange{p.FromKey, p.BeforeKey} == Everywhere:
		return s.Q.GetRoleCount(ctx, db.GetRoleCountParams{OrganizationID: p.OrganizationID, Role: role})
	default:
		return s.Q.CountMembersOfRole(ctx, db.CountMembersOfRoleParams{
			OrganizationID: p.OrganizationID, Role: role, FromKey: p.FromKey, BeforeKey: p.BeforeKey,
			Query: p.Query, Statuses: p.Statuses, SiteRoles: p.SiteRoles, MaxRows: search.countMax,
			ByAccount: p.ByAccount, Name: p.Name, LoginTypes: p.LoginTypes, ServiceAccount: p.ServiceAccount,
			CreatedBefore: p.CreatedBefore, CreatedAfter: p.CreatedAfter, SeenBefore: p.SeenBefore, SeenAfter: p.SeenAfter,
			Sources: p.Sources, EndsBefore: p.EndsBefore,
		})
	}
}
