package account

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/fold"
	"rolecall.example/org/unit"
)

// SelectUsers returns the accounts that a filter selects among those that the caller may read, in its order and at most this
// many. roles are those that the filter asks for, each account having one of them; "" if it asks for none. Errors as Users.
func SelectUsers(ctx context.Context, src unit.Reader, by *org.Actor, f org.UserFilter, most int) (ids []uuid.UUID, roles string, err error) {
	p, err := newUserSearch(f, src.When)
	if err != nil || !p.readable(by) {
		return nil, "", err
	}
	p.MaxRows, p.Skip = int64(most), 0
	ids, _, err = findUsers(ctx, src, p)
	return ids, p.Roles, err
}

// UserSearch is a UserFilter as the queries take it.
type UserSearch db.FindUsersParams

// readable narrows a search to what the caller may read. It returns false if that is nothing.
func (p *UserSearch) readable(by *org.Actor) bool {
	if by.Can("read", org.UsersObject) {
		return true
	}
	p.OnlyUser = uuid.NullUUID{UUID: by.ID(), Valid: true}
	return by.Can("read", org.UserObject(by.ID()))
}

// findUsers returns the ids of a page, and how many accounts match in all. Without a filter it walks the list by username. If few
// accounts can have the text it uses the index of texts, and otherwise it looks at all accounts.
func findUsers(ctx context.Context, s unit.Reader, p UserSearch) (ids []uuid.UUID, total int64, err error) {
	all, err := s.Q.GetUserCount(ctx)
	if err != nil {
		return nil, 0, err
	}
	if p == (UserSearch{Sort: unit.SortUsername, AfterKey: p.AfterKey, MaxRows: p.MaxRows, Skip: p.Skip}) {
		ids, err = s.Q.ListUsers(ctx, db.ListUsersParams{AfterKey: p.AfterKey, MaxRows: p.MaxRows, Skip: p.Skip})
		return ids, all, err
	}
	few, err := s.FewMatch(ctx, p.Query, all)
	if err != nil {
		return nil, 0, err
	}
	if !few {
		rows, err := s.Q.FindUsers(ctx, db.FindUsersParams(p))
		for _, r := range rows {
			ids, total = append(ids, r.ID), r.Total
		}
		return ids, total, err
	}
	rows, err := s.Q.SearchUsers(ctx, db.SearchUsersParams(p))
	for _, r := range rows {
		ids, total = append(ids, r.ID), r.Total
	}
	return ids, total, err
}

// newUserSearch combines a filter and its query. Invalid: an unknown key, a bad value, an unknown order, or AfterID in another
// order than by username.
func newUserSearch(f org.UserFilter, now time.Time) (UserSearch, error) {
	p := UserSearch{MaxRows: int64(f.Limit), Skip: int64(f.Offset)}
	if p.MaxRows == 0 {
		p.MaxRows = math.MaxInt64
	}
	q := unit.ParseSearch(f.Query, "search", org.UserQueryKeys...)
	p.Name, p.ServiceAccount = fold.Text(q.One("name")), q.Bool("service_account")
	p.Query = cmp.Or(fold.Text(f.Text), fold.Text(q.One("search")), p.Name)
	p.Statuses = unit.SpaceJoined(append(texts(f.Statuses), q.OneOf("status", org.Statuses)...))
	p.LoginTypes = unit.SpaceJoined(append(slices.Clone(f.LoginTypes), q.OneOf("login_type", org.LoginTypes)...))
	// Every account holds the implied role, so asking for it selects all.
	if roles := append(slices.Clone(f.Roles), q.List("role")...); !slices.Contains(roles, org.RoleMember) {
		p.Roles = unit.SpaceJoined(roles)
	}
	p.SeenBefore, p.SeenAfter = q.Time("last_seen_before"), q.Time("last_seen_after")
	p.CreatedBefore, p.CreatedAfter = q.Time("created_before"), q.Time("created_after")
	records := q.Records(f.Records)
	p.Sources, p.EndsBefore = unit.SpaceJoined(records.Sources), unit.EndsBefore(records, now)
	if q.GitHub("github_user_id", "github_com_user_id") { // no account signs in that way here
		p.LoginTypes = " github "
	}
	if err := q.Bad.Err("Invalid user search query."); err != nil {
		return p, err
	}
	var err error
	p.Sort, p.Descending, err = unit.Sorting(f.Sort, org.UserSorts)
	if err == nil && f.AfterID != uuid.Nil && (p.Sort != org.UserSorts[0] || p.Descending) {
		err = unit.BadAfterID("needs the list by username")
	}
	return p, err
}

func texts[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}
