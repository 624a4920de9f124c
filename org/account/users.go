package account

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Users returns one page of the users that the caller may read: all with site-wide user:read, otherwise only itself.
// Invalid: a bad query, an unknown sort, AfterID in another order than by username, or of an account that does not exist or
// that the caller may not read: its place in the order would reveal its name.
func (s *Service) Users(ctx context.Context, subject *org.Actor, f org.UserFilter) (_ org.UserList, err error) {
	defer org.Wrap(&err, "list users")
	list := org.UserList{Users: []org.User{}, CanCreate: MayCreateUsers(subject), OnlySelf: !subject.Can("read", org.UsersObject)}
	list.Count, err = s.eachUser(ctx, subject, f, func(u *org.User) error {
		list.Users = append(list.Users, *u)
		return nil
	})
	if f.CountLimit > 0 && f.Filtered() && list.Count > f.CountLimit {
		list.Count, list.CountIsMinimum = f.CountLimit, true
	}
	return list, err
}

// StreamUsers passes the accounts of such a page to each, from one snapshot. It keeps all their ids in memory. Errors as Users,
// before the first account. An error from each stops it.
func (s *Service) StreamUsers(ctx context.Context, subject *org.Actor, f org.UserFilter, each func(*org.User) error) (err error) {
	defer org.Wrap(&err, "stream users")
	_, err = s.eachUser(ctx, subject, f, each)
	return err
}

// eachUser passes the accounts of a page to each, and returns how many match in all.
func (s *Service) eachUser(ctx context.Context, subject *org.Actor, f org.UserFilter, each func(*org.User) error) (total int, err error) {
	p, err := newUserSearch(f, s.units.Now())
	if err != nil {
		return 0, err
	}
	err = s.units.MomentAside(ctx, subject, func(src unit.Reader) error {
		if err := src.Settle(ctx); err != nil {
			return err
		}
		if !p.readable(subject) {
			return nil // a token may not reach even the caller
		}
		if f.AfterID != uuid.Nil {
			after, err := src.Q.GetUser(ctx, f.AfterID)
			if db.IsNotFound(err) || err == nil && !subject.Can("read", org.UserObject(after.ID)) {
				return unit.BadAfterID("names no member")
			}
			if err != nil {
				return err
			}
			p.AfterKey = after.UsernameKey
		}
		if total, err = EachUser(ctx, src, p, f.WithSources, each); err != nil || p.AfterKey == "" {
			return err
		}
		p.AfterKey, p.MaxRows, p.Skip = "", 1, 0
		_, all, err := findUsers(ctx, src, p) // the total includes those before AfterID
		total = int(all)
		return err
	})
	return total, err
}

// EachUser passes the accounts of a page that a search finds to each, and returns how many match in all, but 0 for a page past
// the end, as in docs/spec/users.md. sources asks for where their roles come from.
func EachUser(ctx context.Context, s unit.Reader, p UserSearch, sources bool, each func(*org.User) error) (int, error) {
	ids, total, err := findUsers(ctx, s, p)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	for piece := range slices.Chunk(ids, unit.ChunkSize) {
		rows, err := s.Q.ListUsersByID(ctx, piece)
		if err != nil {
			return 0, err
		}
		unit.InOrder(rows, piece, func(r *db.UserRow) uuid.UUID { return r.ID })
		users, err := s.Users(ctx, rows)
		if err != nil {
			return 0, err
		}
		var from map[uuid.UUID][]string
		if sources {
			if from, err = s.SiteSources(ctx, piece); err != nil {
				return 0, err
			}
		}
		for i := range users {
			users[i].Sources = from[users[i].ID]
			if err := each(&users[i]); err != nil {
				return 0, err
			}
		}
	}
	return int(total), nil
}

// User returns one account. Invalid: it does not exist, or the caller may not read it.
func (s *Service) User(ctx context.Context, subject *org.Actor, user string) (_ org.User, err error) {
	defer org.Wrap(&err, "read user %q", user)
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) (org.User, error) {
		row, err := src.ReadableUser(ctx, subject, user)
		if err != nil {
			return org.User{}, err
		}
		return src.UserNow(ctx, row)
	})
}

// UserRoles returns the names of an account's site roles, and of its roles in organizations where the caller may read the
// membership. Invalid: no such user. NotFound: needs user:read_personal.
func (s *Service) UserRoles(ctx context.Context, subject *org.Actor, user string) (_ org.UserRoleNames, err error) {
	defer org.Wrap(&err, "read roles of %q", user)
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) (org.UserRoleNames, error) {
		row, err := src.ReadableUser(ctx, subject, user)
		if err != nil {
			return org.UserRoleNames{}, err
		}
		if !subject.Can("read_personal", org.UserObject(row.ID)) {
			return org.UserRoleNames{}, org.ErrNotFound()
		}
		homes, err := src.Memberships(ctx, row.ID)
		if err != nil {
			return org.UserRoleNames{}, err
		}
		out := org.UserRoleNames{Tag: org.Tag(row.Version, row.ID), Roles: slices.Sorted(strings.FieldsSeq(row.Roles)), Organizations: map[uuid.UUID][]string{}}
		for _, h := range homes {
			if subject.Can("read", org.MemberObject(h.OrganizationID, row.ID)) {
				out.Organizations[h.OrganizationID] = append([]string{}, slices.Sorted(strings.FieldsSeq(h.Roles))...)
			}
		}
		out.Assignments, err = src.RecordsShown(ctx, subject, row.ID)
		return out, err
	})
}

// UserOrganizations lists the organizations of an account that the caller may read. Invalid: no such user.
func (s *Service) UserOrganizations(ctx context.Context, subject *org.Actor, user string) (_ []org.Organization, err error) {
	defer org.Wrap(&err, "list organizations of %q", user)
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) ([]org.Organization, error) {
		row, err := src.ReadableUser(ctx, subject, user)
		if err != nil {
			return nil, err
		}
		rows, err := src.Q.ListOrganizationsOfUser(ctx, db.ListOrganizationsOfUserParams{UserID: row.ID, MaxRows: math.MaxInt64})
		if err != nil {
			return nil, err
		}
		u, err := src.UserNow(ctx, row) // without the organizations whose membership has ended
		if err != nil {
			return nil, err
		}
		rows = slices.DeleteFunc(rows, func(o db.Organization) bool { return !slices.Contains(u.OrganizationIDs, o.ID) })
		return unit.ReadableOrganizations(subject, rows), nil
	})
}

// CreateUser makes an account with site roles and memberships, and with roles there. Forbidden: needs user:create,
// assign_role:assign, and for each organization organization_member:create and assign_org_role:assign; or the caller may not
// hand out the roles.
// Invalid: what is wrong with the input.
// Conflict: the username or e-mail address is taken. NotFound: an organization.
func (s *Service) CreateUser(ctx context.Context, subject *org.Actor, input org.Input[org.NewUser]) (user org.User, err error) {
	defer org.Wrap(&err, "create user")
	// Hashing is slow: it happens before the transaction, but only for a caller who may create accounts.
	if !MayCreateUsers(subject) {
		return org.User{}, &org.Error{Kind: org.Forbidden, Message: "You are not authorized to create users."}
	}
	in, err := input.Read()
	if err != nil {
		return org.User{}, err
	}
	if err := in.Check(); err != nil {
		return org.User{}, err
	}
	if len(in.OrganizationIDs) == 0 {
		return org.User{}, &org.Error{Kind: org.Invalid, Message: "No organization specified to place the user as a member of. It is required to specify at least one organization id to place the user in.",
			Detail: "required at least 1 value for the array 'organization_ids'",
			Fields: []org.Field{{Field: "organization_ids", Detail: "Missing values, this cannot be empty"}}}
	}
	hash := ""
	if in.Password != "" {
		if hash, err = s.hashing.hash(ctx, in.Password); err != nil {
			return org.User{}, err
		}
	}
	user, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "create", createUser{in, hash}, planUser, applyUser)
	return user, err
}

// MayCreateUsers reports whether the caller may create accounts: a new one holds roles of the site.
func MayCreateUsers(by *org.Actor) bool {
	return by.Can("create", org.UsersObject) && by.Can("assign", org.SiteRolesObject)
}

// createUser asks to make an account.
type createUser struct {
	org.NewUser
	hash string // of its password, "" for none
}

// planUser keeps the order of docs/spec/users.md: an unknown role is 400, a taken name 409, an unknown organization 404, and the
// refusal of roles that the caller may not hand out comes last.
func planUser(ctx context.Context, a *unit.Attempt, in createUser) (n newAccount, err error) {
	if !MayCreateUsers(a.Actor) {
		return n, &org.Error{Kind: org.Forbidden, Message: "You are not authorized to create users."}
	}
	set, err := a.Roles(ctx, uuid.Nil)
	if err != nil {
		return n, err
	}
	roles, err := set.Named(in.Roles, org.RoleMember)
	if err != nil {
		return n, err
	}
	if err := untaken(ctx, a, in.NewUser); err != nil {
		return n, err
	}
	homes, err := homesOf(ctx, a, in.OrganizationIDs)
	if err != nil {
		return n, err
	}
	given, sets, err := rolesThere(ctx, a, homes, in.OrganizationRoles)
	if err != nil {
		return n, err
	}
	if err := a.MayHandOut(set, uuid.Nil, roles); err != nil {
		return n, err
	}
	for _, o := range homes {
		if err := a.MayHandOut(sets[o.ID], o.ID, given[o.ID]); err != nil {
			return n, err
		}
	}
	in.OrganizationRoles = given
	return decideAccount(ctx, a, in.NewUser, in.hash, homes, roles)
}

// homesOf returns the organizations that a new account becomes a member of. NotFound: one does not exist, or the caller may not
// read it. Forbidden: the caller may not add members to one.
func homesOf(ctx context.Context, a *unit.Attempt, ids []uuid.UUID) (homes []db.Organization, err error) {
	for _, id := range ids {
		o, err := a.Organization(ctx, a.Actor, id.String())
		if org.KindOf(err) == org.NotFound {
			return nil, &org.Error{Kind: org.NotFound, Message: fmt.Sprintf("Organization does not exist with the provided id %q.", id)}
		}
		if err != nil {
			return nil, err
		}
		if !unit.MayAddMembers(a.Actor, o.ID) {
			return nil, &org.Error{Kind: org.Forbidden, Message: "You are not authorized to create users.",
				Detail: fmt.Sprintf("You may not add members to %s.", o.DisplayName)}
		}
		if !slices.ContainsFunc(homes, func(h db.Organization) bool { return h.ID == o.ID }) {
			homes = append(homes, o)
		}
	}
	return homes, nil
}

// rolesThere checks the names of the roles that a new account gets in its organizations. Invalid: a role does not exist, or the
// account does not join that organization.
func rolesThere(ctx context.Context, a *unit.Attempt, homes []db.Organization, wanted map[uuid.UUID][]string) (given map[uuid.UUID][]string, sets map[uuid.UUID]*unit.RoleSet, err error) {
	given, sets = map[uuid.UUID][]string{}, map[uuid.UUID]*unit.RoleSet{}
	var bad org.FieldErrors
	for _, o := range homes {
		if sets[o.ID], err = a.Roles(ctx, o.ID); err != nil {
			return nil, nil, err
		}
		var unknown error
		given[o.ID], unknown = sets[o.ID].Named(wanted[o.ID], org.RoleOrganizationUser)
		for _, f := range org.FieldsOf(unknown) {
			bad.Add("organization_roles."+o.ID.String(), f.Detail)
		}
	}
	for id := range wanted {
		if _, joins := sets[id]; !joins {
			bad.Add("organization_roles."+id.String(), "the account does not join this organization")
		}
	}
	slices.SortFunc(bad, func(x, y org.Field) int { return cmp.Compare(x.Field, y.Field) })
	return given, sets, bad.Err("Validation failed.")
}

func applyUser(ctx context.Context, w *unit.Writer, n newAccount) (org.User, error) {
	w.Status = 201
	if err := storeAccount(ctx, w, n); err != nil {
		return n.user, err
	}
	return n.user, storeGiven(ctx, w, n)
}
