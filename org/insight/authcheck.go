package insight

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// maxResourceChecks bounds the questions about one stored thing, since each is looked up.
const maxResourceChecks = 10

const badChecks = "Invalid authorization checks."

// resources are the types whose checks may name one thing.
var resources = []string{"workspace", "template", "user", "group"}

// maxExplained bounds the questions that are explained at once, since what would change each answer is tried role by role.
const maxExplained = 20

// AuthCheck answers what the caller may do, or another user: a bool for each question. What is unknown is answered with
// no, and a suspended account may do nothing. For another user, every check must name an organization where the caller
// may read that user's membership. user "" or "me" is the caller.
// Invalid: a question that can't be asked; then none is answered. Of another user also NotFound and Invalid as Member.
func (s *Service) AuthCheck(ctx context.Context, subject *org.Actor, user string, checks map[string]org.AuthCheck) (_ map[string]bool, err error) {
	defer org.Wrap(&err, "check authorization of %q", user)
	if err := askable(subject, checks); err != nil {
		return nil, err
	}
	answers := make(map[string]bool, len(checks))
	if user == "" || user == "me" {
		src := s.units.Snapshot(subject)
		for key, c := range checks {
			o, ok, err := resolved(ctx, src, subject, c)
			if err != nil {
				return nil, err
			}
			answers[key] = ok && subject.Can(c.Action, o)
		}
		return answers, nil
	}
	err = s.inquire(ctx, subject, user, func(i *inquiry) error {
		return inOrderOfKeys(checks, func(key string, c org.AuthCheck) error {
			o, ok, err := resolved(ctx, i.Reader, subject, c)
			if err != nil {
				return err
			}
			of, err := i.askedOf(ctx, c, &o)
			answers[key] = err == nil && ok && of.member.Status != org.StatusSuspended && i.target.Can(c.Action, o)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

// askable says what is wrong with any of the checks. Invalid.
func askable(by *org.Actor, checks map[string]org.AuthCheck) error {
	var bad org.FieldErrors
	looked := 0
	for key, c := range checks {
		if _, problem := objectOf(by, c); problem != "" {
			bad.Add("checks."+key+".object", problem)
		}
		if c.ResourceID != "" {
			looked++
		}
	}
	slices.SortFunc(bad, func(a, b org.Field) int { return strings.Compare(a.Field, b.Field) })
	if looked > maxResourceChecks {
		bad.Add("checks", fmt.Sprintf("may hold at most %d checks with a resource_id, found %d", maxResourceChecks, looked))
	}
	return bad.Err(badChecks)
}

// resolved is the thing that a check asks about; ok is false when it is a stored one that the caller may not read.
func resolved(ctx context.Context, s unit.Reader, by *org.Actor, c org.AuthCheck) (o rbac.Object, ok bool, err error) {
	if c.ResourceID == "" {
		o, _ = objectOf(by, c)
		return o, true, nil
	}
	owner, err := resourceOwner(ctx, s, by, c)
	return org.UserObject(owner), owner != uuid.Nil, err
}

// ExplainChecks is AuthCheck with an explanation of each answer, of at most 20 checks. Errors as AuthCheck, and Invalid:
// too many checks.
func (s *Service) ExplainChecks(ctx context.Context, subject *org.Actor, user string, checks map[string]org.AuthCheck) (_ map[string]org.Explanation, err error) {
	defer org.Wrap(&err, "explain authorization of %q", user)
	if n := len(checks); n > maxExplained {
		return nil, org.FieldErrors{{Field: "checks", Detail: fmt.Sprintf("may hold at most %d checks with explain, found %d", maxExplained, n)}}.Err(badChecks)
	}
	if err := askable(subject, checks); err != nil {
		return nil, err
	}
	out := make(map[string]org.Explanation, len(checks))
	err = s.inquire(ctx, subject, user, func(i *inquiry) error {
		return inOrderOfKeys(checks, func(key string, c org.AuthCheck) error {
			e := org.Explanation{Question: org.Question{Action: c.Action, ResourceType: c.ResourceType}}
			o, ok, err := resolved(ctx, i.Reader, subject, c)
			if err == nil && ok {
				err = i.explain(ctx, c, o, &e)
			}
			out[key] = e
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// inOrderOfKeys walks the checks always in the same order, so that of several errors always the same one is told.
func inOrderOfKeys(checks map[string]org.AuthCheck, fn func(key string, c org.AuthCheck) error) error {
	for _, key := range slices.Sorted(maps.Keys(checks)) {
		if err := fn(key, checks[key]); err != nil {
			return err
		}
	}
	return nil
}

// inquiry is a number of questions about one account. What they share is looked up once.
type inquiry struct {
	unit.Reader
	by     *org.Actor
	user   string // "" for the caller
	target *org.Actor
	places map[uuid.UUID]asked // by organization, uuid.Nil for the site
}

// asked is whom a question is about in an organization or on the site, and the homes of the roles that may change the
// answer.
type asked struct {
	member org.Member
	homes  []unit.RoleScope
}

// inquire runs fn in one snapshot.
func (s *Service) inquire(ctx context.Context, by *org.Actor, user string, fn func(*inquiry) error) error {
	if user == "me" {
		user = ""
	}
	return s.units.DB.View(ctx, func(q db.Reads) error {
		src := unit.Reader{Units: s.units, Q: q}
		return fn(&inquiry{Reader: src, by: by, user: user, places: map[uuid.UUID]asked{}})
	})
}

// askedOf finds whom a question is about, and makes o theirs if the check says "me".
func (i *inquiry) askedOf(ctx context.Context, c org.AuthCheck, o *rbac.Object) (asked, error) {
	if i.user != "" && (o.Org == rbac.ID{} || o.AnyOrg) {
		return asked{}, org.FieldErrors{{Field: "checks", Detail: "every check about another user must name an organization, and not any_org"}}.Err(badChecks)
	}
	of, known := i.places[o.Org]
	if !known {
		var err error
		if of, err = i.place(ctx, o.Org); err != nil {
			return asked{}, err
		}
		i.places[o.Org] = of
	}
	switch {
	case i.target != nil:
	case i.user == "":
		i.target = i.by
	default:
		var err error
		if i.target, err = i.Subject(ctx, of.member.UserID); err != nil {
			return asked{}, err
		}
	}
	if c.OwnerID == "me" {
		o.Owner = of.member.UserID
	}
	return of, nil
}

func (i *inquiry) place(ctx context.Context, orgID uuid.UUID) (asked, error) {
	by := i.by
	of := asked{
		member: org.Member{UserID: by.ID(), Username: by.User.Username, Name: by.User.Name, Self: true},
		homes:  []unit.RoleScope{unit.SiteScope},
	}
	if orgID == uuid.Nil {
		return of, nil
	}
	row, err := i.Organization(ctx, by, orgID.String())
	if org.KindOf(err) == org.NotFound && i.user == "" { // answered, as without an explanation
		return of, nil
	}
	if err != nil {
		return of, err
	}
	of.homes = []unit.RoleScope{{Org: row, Object: org.OrgRolesObject(orgID)}, unit.SiteScope}
	if i.user != "" || by.Grants.InOrg(orgID) {
		of.member, err = i.MemberView(ctx, by, row, cmp.Or(i.user, "me"))
	}
	return of, err
}

// explain answers one question with all that led to it.
func (i *inquiry) explain(ctx context.Context, c org.AuthCheck, o rbac.Object, e *org.Explanation) error {
	of, err := i.askedOf(ctx, c, &o)
	if err != nil {
		return err
	}
	e.Member, e.Question.Own = of.member, o.Owner == of.member.UserID
	return explain(ctx, i.Reader, i.by, of.homes, o, i.target, e)
}

// objectOf is the thing that a check asks about, and what is wrong with the question.
func objectOf(by *org.Actor, c org.AuthCheck) (o rbac.Object, problem string) {
	o = rbac.Object{Type: c.ResourceType, AnyOrg: c.AnyOrg}
	var err error
	switch {
	case c.ResourceType == "":
		return o, "resource_type is needed"
	case c.ResourceID != "" && !slices.Contains(resources, c.ResourceType):
		return o, fmt.Sprintf("resource_id can not be given for the type %q", c.ResourceType)
	case c.ResourceID != "" && unit.ParseID(c.ResourceID) == uuid.Nil:
		return o, "resource_id must be a valid uuid"
	case c.OwnerID == "me":
		o.Owner = by.ID()
	case c.OwnerID != "":
		if o.Owner, err = uuid.Parse(c.OwnerID); err != nil {
			return o, `owner_id must be a valid uuid or "me"`
		}
	}
	if c.OrganizationID != "" {
		if o.Org, err = uuid.Parse(c.OrganizationID); err != nil {
			return o, "organization_id must be a valid uuid"
		}
	}
	return o, ""
}

// resourceOwner is the account that a check names, uuid.Nil if the caller may not read it. Things of the other types
// are not kept here.
func resourceOwner(ctx context.Context, s unit.Reader, by *org.Actor, c org.AuthCheck) (uuid.UUID, error) {
	if c.ResourceType != "user" {
		return uuid.Nil, nil
	}
	row, err := s.Q.GetUser(ctx, unit.ParseID(c.ResourceID))
	if db.IsNotFound(err) || err == nil && !by.Can("read", org.UserObject(row.ID)) {
		return uuid.Nil, nil
	}
	return row.ID, err
}
