package account

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// newAccount is a new account, decided but not yet stored.
type newAccount struct {
	row   db.UserRow
	email string // the key of its e-mail address
	hash  string // of its password, "" for none
	by    uuid.NullUUID
	from  org.Origin         // what its memberships come from
	homes []uuid.UUID        // the organizations that it becomes a member of
	roles []string           // of the site
	given []org.HolderChange // roles in some of those organizations
	user  org.User           // as it is afterwards
}

// untaken refuses a username or an e-mail address that another account has. Conflict: one of them is taken.
func untaken(ctx context.Context, a *unit.Attempt, in org.NewUser) error {
	_, err := a.Q.GetUserByUsername(ctx, org.FoldCase(in.Username))
	if db.IsNotFound(err) {
		_, err = a.Q.GetUserByEmail(ctx, org.FoldCase(in.Email))
	}
	switch {
	case db.IsNotFound(err):
		return nil
	case err != nil:
		return err
	}
	return &org.Error{Kind: org.Conflict, Message: "User already exists.", Detail: "The username or the e-mail address is taken."}
}

// decideAccount decides on a new account from a checked input whose names are free: a member of these organizations, with the
// roles there that the input names, and with these site roles. The change is recorded as being about it.
func decideAccount(ctx context.Context, a *unit.Attempt, in org.NewUser, hash string, homes []db.Organization, roles []string) (n newAccount, err error) {
	n = newAccount{hash: hash, email: org.FoldCase(in.Email), roles: roles, row: db.UserRow{
		ID: unit.NewID(), Username: in.Username, UsernameKey: org.FoldCase(in.Username), Email: in.Email, Name: in.Name,
		Status: string(in.Status), LoginType: in.LoginType, CreatedAt: a.Now, UpdatedAt: a.Now, Version: 1,
		Roles: strings.Join(roles, " "),
	}}
	if in.Email == "" { // the key of an account must be its own
		n.email = n.row.ID.String()
	}
	// The person who chose the password can sign in with it until the account outgrows them (R4 in docs/spec/roles.md).
	if hash != "" {
		n.by = a.Maker(n.row.ID)
	}
	// From here on a refusal is recorded, because the trail can say which account it was about.
	a.About("user", n.row.ID, n.row.Username, uuid.Nil)
	a.WillMake(n.row, n.by)
	a.WillHold(org.HolderChange{User: n.row.ID, Username: n.row.Username, After: roles})
	for _, o := range homes {
		n.homes = append(n.homes, o.ID)
		there := org.HolderChange{Place: o.ID, User: n.row.ID, Username: n.row.Username, After: in.OrganizationRoles[o.ID]}
		if len(there.After) > 0 {
			n.given = append(n.given, there)
		}
		there.Joins = true
		a.WillHold(there)
	}
	if n.user, err = a.User(ctx, n.row); err != nil {
		return n, err
	}
	if hash != "" {
		if err := notBeyondToken(ctx, a, n.row.ID); err != nil {
			return n, err
		}
	}
	slices.SortFunc(homes, func(a, b db.Organization) int { // as every answer lists them
		if a.IsDefault != b.IsDefault {
			return map[bool]int{true: -1, false: 1}[a.IsDefault]
		}
		return strings.Compare(a.NameKey, b.NameKey)
	})
	for _, o := range homes {
		n.user.OrganizationIDs = append(n.user.OrganizationIDs, o.ID)
	}
	return n, nil
}

// notBeyondToken refuses an account whose password the caller knows, if it may do more than the token that the caller uses:
// signing in to it would be a way around the token's limits.
func notBeyondToken(ctx context.Context, a *unit.Attempt, id uuid.UUID) error {
	if limits := a.Actor.Limits(); !limits.Any() {
		return nil
	}
	target, err := a.After().Subject(ctx, id)
	if err != nil {
		return err
	}
	more, err := a.HoldsMore(ctx, a.Actor, target, unit.Whole)
	if err != nil || more == "" {
		return err
	}
	return &org.Error{Kind: org.Forbidden, Message: "Forbidden.",
		Detail: "This token has limits, and sets no password of an account that may do what it does not reach: " + more + "."}
}

// storeAccount stores a new account with its memberships. One entry records all of it.
func storeAccount(ctx context.Context, w *unit.Writer, n newAccount) error {
	r := n.row
	if err := w.W.InsertUser(ctx, db.InsertUserParams{
		ID: r.ID, Username: r.Username, UsernameKey: r.UsernameKey, Email: r.Email, EmailKey: n.email,
		Name: r.Name, NameKey: org.FoldCase(r.Name), SearchKey: unit.SearchKey(r.Username, r.Name, r.Email),
		Status: r.Status, LoginType: r.LoginType, PasswordHash: n.hash, PasswordBy: n.by, Now: w.Now,
	}); err != nil {
		return err
	}
	w.Field("username", nil, r.Username)
	if r.Email != "" {
		w.Field("email", nil, r.Email)
	}
	w.Field("name", nil, r.Name)
	w.Field("status", nil, r.Status)
	w.Field("login_type", nil, r.LoginType)
	if n.hash != "" {
		w.Secret("hashed_password")
	}
	for _, role := range n.roles {
		if err := w.StoreSiteRecord(ctx, r.ID, role, org.Origin{}); err != nil {
			return err
		}
	}
	if len(n.roles) > 0 {
		w.Field("rbac_roles", []string{}, n.roles)
	}
	for _, id := range n.homes {
		if err := w.InsertMember(ctx, id, r.ID, n.from); err != nil {
			return err
		}
	}
	w.Field("organization_ids", nil, n.homes)
	return nil
}

// storeGiven gives a new account its roles in organizations, with one entry per organization, as if they had been given right
// after the account was made.
func storeGiven(ctx context.Context, w *unit.Writer, n newAccount) error {
	if len(n.given) == 0 {
		return nil
	}
	if err := w.Record(ctx); err != nil { // that there is an account comes first
		return err
	}
	for i := range n.given {
		h := &n.given[i]
		w.Begin("write", 200)
		w.About("organization_member", h.User, h.Username, h.Place)
		w.Field("roles", []string{}, h.After)
		w.Recorded(h)
		for _, role := range h.After {
			if err := w.StoreRecord(ctx, h.Place, h.User, n.row.UsernameKey, role, h.Origin); err != nil {
				return err
			}
		}
		if err := w.W.TouchMember(ctx, db.TouchMemberParams{Now: w.Now, OrganizationID: h.Place, UsernameKey: n.row.UsernameKey}); err != nil {
			return err
		}
		if err := w.Record(ctx); err != nil {
			return err
		}
	}
	return nil
}

// home is the default organization, which may have to be made.
type home struct {
	row    db.Organization
	stored bool
	named  bool // it gets the display name in row
}

// call sets the display name, unless name is "".
func (h *home) call(name string) {
	if h.named = name != "" && name != h.row.DisplayName; h.named {
		h.row.DisplayName = name
	}
}

// defaultHome returns the default organization, or plans to make it: the first account and a recovered owner need a home.
func defaultHome(ctx context.Context, a *unit.Attempt) (h home, err error) {
	h.row, h.stored, err = a.DefaultOrganization(ctx)
	return h, err
}

func (h home) organization() org.Organization { return unit.OrganizationOf(h.row) }

func (h home) store(ctx context.Context, w *unit.Writer) error {
	if !h.stored {
		return w.InsertOrganization(ctx, h.row)
	}
	if !h.named {
		return nil
	}
	return w.W.UpdateOrganization(ctx, db.UpdateOrganizationParams{
		Name: h.row.Name, NameKey: h.row.NameKey, DisplayName: h.row.DisplayName, Description: h.row.Description, Icon: h.row.Icon,
		Now: w.Now, ID: h.row.ID,
	})
}
