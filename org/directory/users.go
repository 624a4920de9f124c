package directory

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/scim"
	"rolecall.example/org/unit"
)

// A request about a person is decided from the document stored at that moment, by the same code in every unit: each unit
// applies the change to the document again, and never passes a result to the next. So a unit that comes late, because another
// request was faster, decides about what is stored then. The whole document is validated: a change that would make it invalid is
// refused, and no part of it is stored.

// CreateUser adds a person whom the directory sends for the first time: the account with the address is linked, or one is
// created, and it becomes a member. If several identical requests arrive at once, one succeeds. Conflict: the userName or the
// externalId is taken, or the account was suspended by a person.
func (s *Service) CreateUser(ctx context.Context, c *Caller, d scim.Document) (_ scim.Resource, err error) {
	defer org.Wrap(&err, "create a user of %s", c.source())
	in := userChange{caller: c, whole: d, creates: true}
	id, _, err := unit.Do(ctx, s.units, nil, unit.OnSite, "create", in, planAccount, applyAccount)
	if err != nil {
		return scim.Resource{}, err
	}
	in.id = id
	return s.change(ctx, in)
}

// ReplaceUser replaces everything the directory says about a person. NotFound: no user has this id. Conflict as CreateUser, and:
// begun lacks the stored version. Forbidden: the organization needs the member. Unavailable: too many lose access.
func (s *Service) ReplaceUser(ctx context.Context, c *Caller, id string, begun org.Versions, d scim.Document) (_ scim.Resource, err error) {
	defer org.Wrap(&err, "replace user %q of %s", id, c.source())
	return s.change(ctx, userChange{caller: c, id: unit.ParseID(id), begun: begun, whole: d})
}

// PatchUser applies a directory's changes to a person. Errors as ReplaceUser, and those of the change.
func (s *Service) PatchUser(ctx context.Context, c *Caller, id string, begun org.Versions, p *scim.Patch) (_ scim.Resource, err error) {
	defer org.Wrap(&err, "patch user %q of %s", id, c.source())
	return s.change(ctx, userChange{caller: c, id: unit.ParseID(id), begun: begun, patch: p})
}

// DeleteUser deletes a person from the directory; all that the membership gave ends. Errors as ReplaceUser.
func (s *Service) DeleteUser(ctx context.Context, c *Caller, id string, begun org.Versions) (err error) {
	defer org.Wrap(&err, "delete user %q of %s", id, c.source())
	_, err = s.change(ctx, userChange{caller: c, id: unit.ParseID(id), begun: begun, deletes: true})
	return err
}

// userChange is what a directory says about a person: a whole document, a change of it, or that the person is deleted.
type userChange struct {
	caller  *Caller
	id      uuid.UUID
	begun   org.Versions
	whole   scim.Document
	patch   *scim.Patch
	creates bool
	deletes bool
}

// errAccount means that the account must be changed first, in the scope of the site.
var errAccount = errors.New("this changes the account")

// rounds is how often the change of an account is retried if others change it meanwhile.
const rounds = 3

// change stores what a directory says about a person: first the account, if it has to change, then the membership, and last
// the suspension of an account that has lost its last one.
func (s *Service) change(ctx context.Context, in userChange) (r scim.Resource, err error) {
	for range rounds {
		var done memberPlan
		done, _, err = unit.Do(ctx, s.units, nil, unit.InOrganization(in.caller.Organization.String()), "write", in, planMember, applyMember)
		switch {
		case err == nil && done.held != nil:
			return r, done.held
		case err == nil && (in.deletes || !done.user.Active):
			return done.resource, s.suspend(ctx, in.caller, done.account.ID)
		case !errors.Is(err, errAccount):
			return done.resource, err
		}
		if _, _, err = unit.Do(ctx, s.units, nil, unit.OnSite, "write", in, planAccount, applyAccount); err != nil {
			return r, err
		}
	}
	return r, &org.Error{Kind: org.Unavailable, RetryAfter: time.Second, Message: "This request met another one. Send it again."}
}

// suspend suspends the account of a person who has lost access, if the directory manages it.
func (s *Service) suspend(ctx context.Context, c *Caller, user uuid.UUID) error {
	row, err := s.units.DB.GetUser(ctx, user)
	if db.IsNotFound(err) || err == nil && org.Status(row.Status) == org.StatusSuspended {
		return nil
	}
	if err != nil {
		return err
	}
	manager, err := s.units.DB.GetManager(ctx, user)
	if db.IsNotFound(err) || err == nil && manager.OrganizationID != c.Organization {
		return nil
	}
	if err != nil {
		return err
	}
	_, _, err = unit.Do(ctx, s.units, nil, unit.OnSite, "write", userEnd{c, user}, planEnd, applyEnd)
	return err
}

// read reads the person whom a change is about. NotFound: no such person.
func (in *userChange) read(ctx context.Context, a *unit.Attempt) (row db.DirectoryUser, err error) {
	row, err = a.Q.GetDirectoryUser(ctx, db.GetDirectoryUserParams{ID: in.id, OrganizationID: in.caller.Organization})
	if db.IsNotFound(err) && in.creates { // meanwhile another person was sent with this name
		return row, scim.Taken("userName")
	}
	if db.IsNotFound(err) || err == nil && !row.Settled && !in.creates {
		return row, scim.ErrNotFound(scim.Users, in.id.String())
	}
	if err != nil {
		return row, err
	}
	a.About(userType, row.ID, row.UserName, row.OrganizationID)
	if in.creates && row.Settled { // an identical request was faster
		return row, scim.Taken("userName")
	}
	return row, a.BegunFrom(ctx, in.begun, strconv.FormatInt(row.Version, 10), "The user has changed.")
}

// after returns what a directory says about a person after the change.
func (in *userChange) after(ctx context.Context, a *unit.Attempt, row db.DirectoryUser) (u scim.User, err error) {
	if in.deletes {
		return scim.User{UserName: row.UserName}, nil
	}
	if in.patch == nil {
		return scim.ReadUser(in.whole, in.creates || row.Active)
	}
	r, err := resourceOf(row)
	if err != nil {
		return u, err
	}
	refs, err := groupsOf(ctx, a.Q, []uuid.UUID{row.ID})
	if err != nil {
		return u, err
	}
	r.Refs = refs[row.ID]
	d, err := in.patch.Apply(&r)
	if err != nil {
		return u, err
	}
	return scim.ReadUser(d, row.Active)
}

// free refuses a userName or an externalId that another person in the directory has, except these. Conflict.
func free(ctx context.Context, a *unit.Attempt, organization uuid.UUID, u *scim.User, but ...uuid.UUID) error {
	other, err := a.Q.GetDirectoryUserNamed(ctx, db.GetDirectoryUserNamedParams{OrganizationID: organization, UserNameKey: org.FoldCase(u.UserName)})
	switch {
	case err == nil && !slices.Contains(but, other.ID):
		return scim.Taken("userName")
	case err != nil && !db.IsNotFound(err):
		return err
	}
	other, err = a.Q.GetDirectoryUserByExternalID(ctx, db.GetDirectoryUserByExternalIDParams{OrganizationID: organization, ExternalID: u.ExternalID})
	switch {
	case err == nil && !slices.Contains(but, other.ID):
		return scim.Taken("externalId")
	case err != nil && !db.IsNotFound(err):
		return err
	}
	return nil
}

// address returns the e-mail address of a person, "" if what the directory has is not one.
func address(u *scim.User) string {
	if org.EmailProblem(u.Email) != "" {
		return ""
	}
	return u.Email
}

// addresses returns all e-mail addresses of a person, as keys to look up, each once.
func addresses(d scim.Document) (keys []string) {
	v, _ := d.Get("emails")
	list, _ := v.([]any)
	seen := map[string]bool{}
	for _, e := range list {
		text, ok := e.(string)
		if o, isObject := e.(map[string]any); isObject {
			v, _ := scim.Document(o).Get("value")
			text, ok = v.(string)
		}
		if key := org.FoldCase(text); ok && key != "" && !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	return keys
}
