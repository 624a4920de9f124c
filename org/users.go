package org

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
)

// Users is one page of the users that the caller may read: all with site-wide user:read, else itself.
// Invalid: a bad query, unknown sort, AfterID in another order than by username, or of an account that is not there or
// may not be read: the place of a name in the order would tell the name.
func (s *Service) Users(ctx context.Context, subject *Subject, f UserFilter) (UserList, error) {
	p, err := newUserSearch(f)
	if err != nil {
		return UserList{}, err
	}
	if !subject.Can("read", usersObject) {
		p.OnlyUser = uuid.NullUUID{UUID: subject.ID(), Valid: true}
	}
	src := s.snapshot(subject)
	var list UserList
	err = s.db.Read(ctx, func(q *db.Queries) error {
		src.q = q
		if f.AfterID != uuid.Nil {
			after, err := q.GetUser(ctx, f.AfterID)
			if db.IsNotFound(err) || err == nil && !subject.Can("read", userObject(after.ID)) {
				return badAfterID("names no member")
			}
			if err != nil {
				return err
			}
			p.AfterKey = after.UsernameKey
		}
		list, err = src.userPage(ctx, p)
		return err
	})
	list.CanCreate, list.OnlySelf = mayCreateUsers(subject), p.OnlyUser.Valid
	if f.CountMax > 0 && f.Filtered() && list.Count > f.CountMax {
		list.Count, list.CountCapped = f.CountMax, true
	}
	return list, err
}

func (s source) userPage(ctx context.Context, p userSearch) (UserList, error) {
	list := UserList{Users: []User{}}
	ids, total, err := s.findUsers(ctx, p)
	if err != nil || len(ids) == 0 {
		return list, err // past the end the count is 0, as in docs/spec/users.md
	}
	list.Count = int(total)
	for piece := range slices.Chunk(ids, chunk) {
		rows, err := s.q.ListUsersByID(ctx, piece)
		if err != nil {
			return list, err
		}
		inOrder(rows, piece, func(r *db.UserRow) uuid.UUID { return r.ID })
		for _, r := range rows {
			u, err := s.user(ctx, r)
			if err != nil {
				return list, err
			}
			list.Users = append(list.Users, u)
		}
	}
	return list, nil
}

// userSearch is a UserFilter as the queries take it.
type userSearch db.FindUsersParams

// findUsers is the ids of a page, and how many accounts match in all: along the list, by the index of texts if few
// accounts can have the text, or else by looking at all.
func (s source) findUsers(ctx context.Context, p userSearch) (ids []uuid.UUID, total int64, err error) {
	all, err := s.q.GetUserCount(ctx)
	if err != nil {
		return nil, 0, err
	}
	if p == (userSearch{Sort: sortUsername, MaxRows: p.MaxRows, Skip: p.Skip}) {
		ids, err = s.q.ListUsers(ctx, db.ListUsersParams{MaxRows: p.MaxRows, Skip: p.Skip})
		return ids, all, err
	}
	few, err := s.fewMatch(ctx, p.Query, all)
	if err != nil {
		return nil, 0, err
	}
	if !few {
		rows, err := s.q.FindUsers(ctx, db.FindUsersParams(p))
		for _, r := range rows {
			ids, total = append(ids, r.ID), r.Total
		}
		return ids, total, err
	}
	rows, err := s.q.SearchUsers(ctx, db.SearchUsersParams(p))
	for _, r := range rows {
		ids, total = append(ids, r.ID), r.Total
	}
	return ids, total, err
}

func newUserSearch(f UserFilter) (userSearch, error) {
	p := userSearch{MaxRows: int64(f.Limit), Skip: int64(f.Offset)}
	if p.MaxRows == 0 {
		p.MaxRows = math.MaxInt64
	}
	q := parseSearch(f.Query, "search", "search", "status", "role", "login_type",
		"last_seen_before", "last_seen_after", "created_before", "created_after", "github_com_user_id")
	p.Query = cmp.Or(Fold(f.Text), q.one("search"))
	p.Statuses = listed(append(texts(f.Statuses), q.list("status")...))
	p.LoginTypes = listed(append(slices.Clone(f.LoginTypes), q.list("login_type")...))
	if roles := append(slices.Clone(f.Roles), q.list("role")...); !slices.Contains(roles, roleMember) {
		p.Roles = listed(roles)
	}
	p.SeenBefore, p.SeenAfter = q.time("last_seen_before"), q.time("last_seen_after")
	p.CreatedBefore, p.CreatedAfter = q.time("created_before"), q.time("created_after")
	if q.one("github_com_user_id") != "" { // nobody signs in that way here
		p.LoginTypes = " github "
	}
	if err := q.bad.err("Invalid user search query."); err != nil {
		return p, err
	}
	var err error
	p.Sort, p.Descending, err = sorting(f.Sort, UserSorts)
	if err == nil && f.AfterID != uuid.Nil && (p.Sort != UserSorts[0] || p.Descending) {
		err = badAfterID("needs the list by username")
	}
	return p, err
}

func badAfterID(problem string) *Error {
	return &Error{Kind: Invalid, Message: "Query parameters have invalid values.", Fields: []Field{{
		Field: "after_id", Detail: `Query param "after_id" ` + problem,
	}}}
}

func texts[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// User is one account. Invalid: not there, or may not be read.
func (s *Service) User(ctx context.Context, subject *Subject, user string) (User, error) {
	src := s.snapshot(subject)
	row, err := src.readableUser(ctx, subject, user)
	if err != nil {
		return User{}, err
	}
	return src.user(ctx, row)
}

// UserRoles is the names of all roles of an account, those of organizations where the caller may read the membership.
// Invalid: no such user. NotFound: needs user:read_personal.
func (s *Service) UserRoles(ctx context.Context, subject *Subject, user string) (UserRoleNames, error) {
	src := s.snapshot(subject)
	row, err := src.readableUser(ctx, subject, user)
	if err != nil {
		return UserRoleNames{}, err
	}
	if !subject.Can("read_personal", userObject(row.ID)) {
		return UserRoleNames{}, errNotFound()
	}
	homes, err := s.db.ListMemberships(ctx, row.ID)
	if err != nil {
		return UserRoleNames{}, err
	}
	out := UserRoleNames{Tag: tag(row.Version, row.ID), Roles: slices.Sorted(strings.FieldsSeq(row.Roles)), Organizations: map[uuid.UUID][]string{}}
	for _, h := range homes {
		if subject.Can("read", memberObject(h.OrganizationID, row.ID)) {
			out.Organizations[h.OrganizationID] = append([]string{}, slices.Sorted(strings.FieldsSeq(h.Roles))...)
		}
	}
	return out, nil
}

// UserOrganizations is the organizations of an account that the caller may read. Invalid: no such user.
func (s *Service) UserOrganizations(ctx context.Context, subject *Subject, user string) ([]Organization, error) {
	row, err := s.snapshot(subject).readableUser(ctx, subject, user)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.ListOrganizationsOfUser(ctx, db.ListOrganizationsOfUserParams{UserID: row.ID, MaxRows: math.MaxInt64})
	if err != nil {
		return nil, err
	}
	return readableOrganizations(subject, rows), nil
}

// check finds everything that is wrong with a new account.
func (u *NewUser) check() error {
	u.Name = strings.TrimSpace(u.Name)
	u.LoginType = cmp.Or(u.LoginType, LoginPassword)
	var bad problems
	bad.add("email", emailProblem(u.Email))
	bad.add("username", addressProblem(u.Username, reservedUsernames))
	bad.add("name", textProblem(u.Name, 128))
	switch u.LoginType {
	case LoginPassword:
		if u.Invite && u.Password == "" {
			break
		}
		bad.add("password", passwordProblem(u.Password, u.Username, u.Email))
	case LoginNone:
		if u.Password != "" {
			bad.add("password", "must be empty for a service account")
		}
	default:
		bad.add("login_type", fmt.Sprintf("%q is not supported: use %q or %q", u.LoginType, LoginPassword, LoginNone))
	}
	switch u.Status {
	case "":
		u.Status = StatusDormant
		if u.LoginType == LoginNone { // nobody will ever sign in to wake it
			u.Status = StatusActive
		}
	case StatusActive, StatusDormant:
	default:
		bad.add("user_status", fmt.Sprintf("%q is not one of %q, %q", u.Status, StatusActive, StatusDormant))
	}
	if len(bad) == 1 && bad[0].Field == "password" {
		return bad.err("Password is invalid")
	}
	return bad.err("Validation failed.")
}

// CreateUser makes an account and its memberships, without roles. Forbidden: needs user:create, assign_role:assign, and
// for each organization organization_member:create and assign_org_role:assign. Invalid: what is wrong with the input.
// Conflict: the username or e-mail address is taken. NotFound: an organization.
func (s *Service) CreateUser(ctx context.Context, subject *Subject, input Input[NewUser]) (user User, err error) {
	// Hashing takes its time: it is done before the transaction, once the caller is known to be allowed to create.
	if !mayCreateUsers(subject) {
		return User{}, &Error{Kind: Forbidden, Message: "You are not authorized to create users."}
	}
	in, err := input.Read()
	if err != nil {
		return User{}, err
	}
	if err := in.check(); err != nil {
		return User{}, err
	}
	if len(in.OrganizationIDs) == 0 {
		return User{}, &Error{Kind: Invalid, Message: "No organization specified to place the user as a member of. It is required to specify at least one organization id to place the user in.",
			Fields: []Field{{Field: "organization_ids", Detail: "Must be specified"}}}
	}
	hash := ""
	if in.Password != "" {
		if hash, err = s.hashing.hash(ctx, in.Password); err != nil {
			return User{}, err
		}
	}
	err = s.change(ctx, subject, "create", func(c *change) error {
		if !mayCreateUsers(c.by) {
			return &Error{Kind: Forbidden, Message: "You are not authorized to create users."}
		}
		user, err = c.createUser(in, hash)
		c.entry.status = 201
		return err
	})
	return user, err
}

func mayCreateUsers(by *Subject) bool {
	return by.Can("create", usersObject) && by.Can("assign", siteRolesObject)
}

func (c *change) createUser(in NewUser, hash string) (User, error) {
	var orgs []db.Organization
	for _, id := range in.OrganizationIDs {
		org, err := c.organization(c.ctx, c.by, id.String())
		if KindOf(err) == NotFound {
			return User{}, &Error{Kind: NotFound, Message: fmt.Sprintf("Organization does not exist with the provided id %q.", id)}
		}
		if err != nil {
			return User{}, err
		}
		if !mayAdd(c.by, org.ID) {
			return User{}, &Error{Kind: Forbidden, Message: "You are not authorized to create users.",
				Detail: fmt.Sprintf("You may not add members to %s.", org.DisplayName)}
		}
		if !slices.ContainsFunc(orgs, func(o db.Organization) bool { return o.ID == org.ID }) {
			orgs = append(orgs, org)
		}
	}
	row, err := c.insertUser(in, hash)
	if err != nil {
		return User{}, err
	}
	for _, org := range orgs {
		if err := c.join(org, row); err != nil {
			return User{}, err
		}
	}
	return c.userByID(row.ID)
}

// insertUser stores a checked account. Conflict: the username or the e-mail address is taken.
func (c *change) insertUser(in NewUser, hash string) (db.UserRow, error) {
	for _, taken := range []func() (db.UserRow, error){
		func() (db.UserRow, error) { return c.q.GetUserByUsername(c.ctx, Fold(in.Username)) },
		func() (db.UserRow, error) { return c.q.GetUserByEmail(c.ctx, Fold(in.Email)) },
	} {
		if _, err := taken(); err == nil {
			return db.UserRow{}, &Error{Kind: Conflict, Message: "User already exists.", Detail: "The username or the e-mail address is taken."}
		} else if !db.IsNotFound(err) {
			return db.UserRow{}, err
		}
	}
	id := newID()
	c.written()
	c.about("user", id, in.Username, uuid.Nil)
	c.field("username", nil, in.Username)
	c.field("email", nil, in.Email)
	c.field("name", nil, in.Name)
	c.field("status", nil, in.Status)
	c.field("login_type", nil, in.LoginType)
	var by uuid.NullUUID
	if hash != "" {
		c.secret("hashed_password")
		by = c.maker(id)
	}
	err := c.q.InsertUser(c.ctx, db.InsertUserParams{
		ID: id, Username: in.Username, UsernameKey: Fold(in.Username), Email: in.Email, EmailKey: Fold(in.Email),
		Name: in.Name, NameKey: Fold(in.Name), SearchKey: searchKey(in.Username, in.Name, in.Email),
		Status: string(in.Status), LoginType: in.LoginType, PasswordHash: hash, PasswordBy: by, Now: c.now,
	})
	if err != nil {
		return db.UserRow{}, err
	}
	return c.q.GetUser(c.ctx, id)
}

// join makes a new account a member; it stands in the same audit row as the account.
func (c *change) join(org db.Organization, user db.UserRow) error {
	ids, _ := c.entry.fields["organization_ids"].New.([]uuid.UUID)
	c.field("organization_ids", nil, append(ids, org.ID))
	return c.insertMember(org.ID, user.ID)
}

func (c *change) userByID(id uuid.UUID) (User, error) {
	row, err := c.q.GetUser(c.ctx, id)
	if err != nil {
		return User{}, err
	}
	return c.user(c.ctx, row)
}
