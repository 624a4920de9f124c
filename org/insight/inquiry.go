package insight

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// inquiry is a number of questions about one account. What they share is looked up once.
// named is set by user or strict: each check is answered for itself. With strict a permission that does not exist is a
// problem, and not a plain no. load compiles the account, once, and only for a caller who may know of it.
type inquiry struct {
	unit.Reader
	by     *org.Actor
	named  bool
	strict bool
	load   func(context.Context, uuid.UUID) (*org.Actor, error)
	id     uuid.UUID  // of the account asked about; uuid.Nil: there is none
	target *org.Actor // that account, nil as long as it need not be known

	organizations map[string]uuid.UUID // by how they are written; uuid.Nil: none that the caller may read
	owners        map[string]uuid.UUID // likewise
	known         map[uuid.UUID]bool   // see seen; by organization, uuid.Nil for the site
	places        map[uuid.UUID]asked  // by organization, uuid.Nil for the site
}

// asked is whom a question is about in an organization or on the site, and the homes of the roles that may change the
// answer.
type asked struct {
	member org.Member
	homes  []unit.RoleScope
}

// inquiry begins one on what src reads.
func (s *Service) inquiry(ctx context.Context, src unit.Reader, by *org.Actor, q *org.AuthChecks) (i *inquiry, err error) {
	i = &inquiry{
		Reader: src, by: by, named: q.Named(), strict: q.Tells(), load: src.Subject, id: by.ID(), target: by,
		organizations: map[string]uuid.UUID{}, owners: map[string]uuid.UUID{}, known: map[uuid.UUID]bool{}, places: map[uuid.UUID]asked{},
	}
	// An account that is not there and one that may not be read are told apart nowhere below (T23 in docs/spec/threats.md).
	if q.User != "" && q.User != "me" {
		i.id, err = i.account(ctx, q.User)
		if i.id != by.ID() || i.id == uuid.Nil { // the operator has no account, so that no account is the operator's
			i.target = nil
		}
	}
	return i, err
}

// account finds the id of an account, whoever may read it; uuid.Nil if there is no such name.
// The name is looked up in the state of the site that the request began with.
func (i *inquiry) account(ctx context.Context, ref string) (uuid.UUID, error) {
	site, _ := i.by.Basis.Of(uuid.Nil)
	return i.AccountAt(ctx, ref, site.Value)
}

// object is the thing that a question is about, or why the question can't be answered. Then nothing of it depends on
// whether an account exists that the caller may not read.
// What is wrong with the question itself comes first: it shows without a look at anything stored.
func (i *inquiry) object(ctx context.Context, c org.AuthCheck) (o rbac.Object, problem *org.CheckProblem, err error) {
	others := i.target != i.by
	switch {
	case c.ResourceID != "" && (!i.Catalog().Lookup(c.ResourceType) || unit.ParseID(c.ResourceID) == uuid.Nil):
		invalid := org.CheckInvalidID(i.Catalog())
		return o, &invalid, nil
	case i.strict && (c.ResourceType == rbac.Wildcard || !i.Catalog().Valid(c.ResourceType, c.Action)):
		return o, &org.CheckUnknownPermission, nil
	case i.strict && c.OrganizationID != "" && i.Catalog().SiteOnly(c.ResourceType):
		return o, &org.CheckSiteType, nil
	// Nothing limits such a question to an organization, so its answer would tell of rights anywhere.
	case others && (c.OrganizationID == "" || c.AnyOrg) && !i.by.Can("read", org.UsersObject):
		return o, &org.CheckOrganizationNeeded, nil
	}
	o = rbac.Object{Type: c.ResourceType, AnyOrg: c.AnyOrg}
	if c.OrganizationID != "" {
		if o.Org, err = i.organization(ctx, c.OrganizationID); err != nil || o.Org == uuid.Nil {
			return o, &org.CheckNotFound, err
		}
	}
	// This comes after the organization, since a membership in it may be what lets the caller know.
	if seen, err := i.seen(ctx, o.Org); err != nil || !seen {
		return o, &org.CheckNotFound, err
	}
	switch {
	case c.ResourceID != "":
		owner, err := resourceOwner(ctx, i.Reader, i.by, c)
		if o = org.UserObject(owner); err != nil || owner == uuid.Nil {
			return o, &org.CheckNotFound, err
		}
	case c.OwnerID != "":
		if o.Owner, err = i.owner(ctx, c.OwnerID); err != nil || o.Owner == uuid.Nil {
			return o, &org.CheckNotFound, err
		}
	}
	// This comes last: it tells that the account exists.
	if others && i.target.User.Status == org.StatusSuspended {
		return o, &org.CheckSuspended, nil
	}
	return o, nil, nil
}

// organization finds what a question names. One that the caller belongs to is there.
func (i *inquiry) organization(ctx context.Context, ref string) (uuid.UUID, error) {
	if id, known := i.organizations[ref]; known {
		return id, nil
	}
	// Of an organization that the caller belongs to its grants tell, without a query.
	id, err := uuid.Parse(ref)
	if err != nil || !i.by.Grants.InOrg(id) || !i.by.Can("read", org.OrgObject(id)) {
		row, err := i.Organization(ctx, i.by, ref)
		if err != nil && org.KindOf(err) != org.NotFound {
			return uuid.Nil, err
		}
		id = row.ID
	}
	i.organizations[ref] = id
	return id, nil
}

// seen reports whether the caller may know of the account asked about: the account itself, or its membership in the
// organization of the question. The account is compiled only for who may know.
func (i *inquiry) seen(ctx context.Context, organization uuid.UUID) (seen bool, err error) {
	if i.target == i.by {
		return true, nil
	}
	if seen, asked := i.known[organization]; asked || i.id == uuid.Nil {
		return seen, nil
	}
	account := i.by.Can("read", org.UserObject(i.id))
	member := organization != uuid.Nil && i.by.Can("read", org.MemberObject(organization, i.id))
	if i.target == nil && (account || member) {
		if i.target, err = i.load(ctx, i.id); err != nil && !db.IsNotFound(err) {
			return false, err
		}
	}
	// The right to read memberships tells nothing about somebody who has none there.
	i.known[organization] = i.target != nil && (account || member && i.target.Grants.InOrg(organization))
	return i.known[organization], nil
}

// owner is the account that a question names as the owner of its thing, uuid.Nil if the caller may not read it.
func (i *inquiry) owner(ctx context.Context, ref string) (uuid.UUID, error) {
	if ref == "me" {
		return i.id, nil
	}
	if id, err := uuid.Parse(ref); err == nil {
		return id, nil // it need not exist: things of accounts that are gone have an owner too
	}
	id, known := i.owners[ref]
	if !known {
		var err error
		if id, err = i.account(ctx, ref); err != nil {
			return uuid.Nil, err
		}
		// Of the account asked about the caller may know: seen has been asked before.
		if id != i.id && !i.by.Can("read", org.UserObject(id)) {
			id = uuid.Nil
		}
		i.owners[ref] = id
	}
	return id, nil
}

// explained answers one question with all that led to the answer.
// A problem is why there is no answer. Of a suspended account there are both.
func (i *inquiry) explained(ctx context.Context, c org.AuthCheck) (e org.Explanation, problem *org.CheckProblem, err error) {
	e.Question = org.Question{Action: c.Action, ResourceType: c.ResourceType}
	var o rbac.Object
	if i.named {
		o, problem, err = i.object(ctx, c)
	} else {
		var ok bool
		if o, ok, err = resolved(ctx, i.Reader, i.by, c); !ok {
			return e, nil, err
		}
	}
	if err != nil || problem != nil && *problem != org.CheckSuspended {
		return e, problem, err
	}
	// Questions about one place share it.
	of, known := i.places[o.Org]
	if !known {
		if of, err = i.place(ctx, o.Org); err != nil {
			return e, nil, err
		}
		i.places[o.Org] = of
	}
	e.Member, e.Question.Own = of.member, o.Owner == i.id
	return e, problem, explain(ctx, i.Reader, i.by, of.homes, o, i.target, &e)
}

// place is whom a question is about in an organization, or on the site for uuid.Nil.
// A member comes with what the caller may do to it, for the suggestions; anybody else stands for itself.
func (i *inquiry) place(ctx context.Context, organization uuid.UUID) (asked, error) {
	u := i.target.User
	of := asked{
		member: org.Member{UserID: u.ID, Username: u.Username, Name: u.Name, Status: u.Status, Self: i.target == i.by},
		homes:  []unit.RoleScope{unit.SiteScope},
	}
	if organization == uuid.Nil {
		return of, nil
	}
	row, err := i.Organization(ctx, i.by, organization.String())
	if org.KindOf(err) == org.NotFound { // the caller's own question, answered as without an explanation
		return of, nil
	}
	if err != nil {
		return of, err
	}
	of.homes = []unit.RoleScope{{Org: row, Object: org.OrgRolesObject(organization)}, unit.SiteScope}
	if i.target.Grants.InOrg(organization) && i.by.Can("read", org.MemberObject(organization, i.id)) {
		of.member, err = i.MemberView(ctx, i.by, row, i.id.String())
	}
	return of, err
}
