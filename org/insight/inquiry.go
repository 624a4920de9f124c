package insight

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// inquiry is a set of questions about some accounts. Everything that they name is looked up at once, before the first
// is answered. With strict, a permission that does not exist is a problem rather than a plain no.
// Nothing below tells a missing account from one that the caller may not read (T23 in docs/spec/threats.md).
type inquiry struct {
	unit.Reader
	by        *org.Actor
	strict    bool
	plain     bool // as in Coder's API, all about the caller
	suggests  bool // explanations include what would change the answer
	questions []org.SubjectCheck
	atLeast   string // the revision that the request names, if any
	find      func(context.Context, unit.Wanted) (unit.People, error)

	accounts      map[string]uuid.UUID // by name or id as written; uuid.Nil: none
	organizations map[string]uuid.UUID // likewise; uuid.Nil: none that the caller may read
	people        unit.People
	unknown       map[rbac.Permission]*org.CheckProblem // pairs that the catalog lacks
	places        map[whereAsked]asked
}

// whereAsked is the account and the place of a question: uuid.Nil is the site.
type whereAsked struct {
	subject, organization uuid.UUID
}

// asked is the account that a question is about, in an organization or on the site, and the homes of the roles that may change
// the answer.
type asked struct {
	member org.Member
	homes  []unit.RoleScope
}

// newInquiry begins an inquiry on what src reads. find looks up accounts.
func newInquiry(src unit.Reader, by *org.Actor, find func(context.Context, unit.Wanted) (unit.People, error)) *inquiry {
	return &inquiry{
		Reader: src, by: by, find: find, suggests: true,
		unknown: map[rbac.Permission]*org.CheckProblem{}, places: map[whereAsked]asked{},
	}
}

// prepare looks up everything the questions name. Names are resolved in the state the site had when the request began.
func (i *inquiry) prepare(ctx context.Context) (err error) {
	if i.plain {
		return nil
	}
	if err := i.findOrganizations(ctx); err != nil {
		return err
	}
	site, _ := i.by.Basis.Of(uuid.Nil)
	var refs []string
	seen := map[string]bool{"": true, "me": true}
	for at := range i.questions {
		for _, ref := range []string{i.questions[at].Subject, i.questions[at].OwnerID} {
			if !seen[ref] {
				seen[ref] = true
				refs = append(refs, ref)
			}
		}
	}
	var rows map[uuid.UUID]db.UserRow
	if i.accounts, rows, err = i.AccountsAt(ctx, refs, site.Value); err != nil {
		return err
	}
	w := i.wanted()
	w.Rows = rows
	if len(w.IDs) == 0 && w.Place == uuid.Nil {
		return nil
	}
	i.people, err = i.find(ctx, w)
	return err
}

// findOrganizations finds the organizations that the questions name. For one that the caller belongs to, the caller's grants
// suffice, without a query.
func (i *inquiry) findOrganizations(ctx context.Context) error {
	i.organizations = map[string]uuid.UUID{"": uuid.Nil}
	var refs []string
	find := func(ref string) {
		if _, known := i.organizations[ref]; known {
			return
		}
		id, err := uuid.Parse(ref)
		if i.organizations[ref] = id; err != nil || !i.by.Grants.InOrg(id) {
			refs = append(refs, ref)
		}
	}
	for at := range i.questions {
		find(i.questions[at].OrganizationID)
	}
	if ref, ok := atLeast(i.atLeast); ok && ref != siteScope {
		find(ref)
	}
	site, _ := i.by.Basis.Of(uuid.Nil)
	found, err := i.OrganizationsAt(ctx, refs, site.Value)
	if err != nil {
		return err
	}
	for ref, id := range found {
		i.organizations[ref] = id
	}
	for ref, id := range i.organizations {
		if id != uuid.Nil && !i.by.Can("read", org.OrgObject(id)) {
			i.organizations[ref] = uuid.Nil
		}
	}
	return nil
}

// wanted returns the accounts to look up. The caller's own rights, and what the account holds, say whether the caller may ask
// about it; only such accounts are compiled. Unknown names get an unused id, so that they take as long as others.
func (i *inquiry) wanted() (w unit.Wanted) {
	places := map[uuid.UUID][]uuid.UUID{} // the places where each account is asked about
	add := func(ref string, organization uuid.UUID) {
		id := i.accounts[ref]
		if id == uuid.Nil {
			id = uuid.NewSHA1(uuid.Nil, []byte(ref))
		}
		switch list, known := places[id]; {
		case !i.mayKnow(id) && (organization == uuid.Nil || !i.mayKnowMember(organization, id)):
		case !known:
			w.IDs = append(w.IDs, id)
			places[id] = []uuid.UUID{organization}
		case list[len(list)-1] != organization:
			places[id] = append(list, organization)
		}
	}
	for at := range i.questions {
		q := &i.questions[at]
		organization := i.organizations[q.OrganizationID]
		if !i.self(q.Subject) {
			add(q.Subject, organization)
		}
		if _, err := uuid.Parse(q.OwnerID); err != nil && q.OwnerID != "" && !i.self(q.OwnerID) {
			add(q.OwnerID, organization)
		}
		if id := unit.ParseID(q.ResourceID); id != uuid.Nil && i.mayKnow(id) {
			i.accounts[q.ResourceID] = id
			add(q.ResourceID, uuid.Nil)
		}
	}
	if one := i.oneOrganization(); one != uuid.Nil {
		if _, known := i.by.Basis.Of(one); !known {
			w.Place = one
		}
	}
	w.Needed = func(id uuid.UUID, b org.Basis) bool {
		for _, place := range places[id] {
			if i.knows(id, b, place) {
				return true
			}
		}
		return false
	}
	return w
}

// oneOrganization returns the organization that all questions name, or uuid.Nil.
func (i *inquiry) oneOrganization() (one uuid.UUID) {
	for at := range i.questions {
		id := i.organizations[i.questions[at].OrganizationID]
		if id == uuid.Nil || at > 0 && id != one {
			return uuid.Nil
		}
		one = id
	}
	return one
}

// place returns the revision at which the only organization of all questions was read: the caller's rights were read first.
func (i *inquiry) place() (p org.Place) {
	one := i.oneOrganization()
	if row, ok := i.by.Basis.Of(one); ok {
		p.Revision = row.Value
	} else {
		p.Revision = i.people.Revision
	}
	if one != uuid.Nil && p.Revision != 0 {
		p.Organization = one
		return p
	}
	return org.Place{}
}

// mayKnow reports whether the caller may read an account, mayKnowMember its membership, if it has one.
func (i *inquiry) mayKnow(id uuid.UUID) bool { return i.by.Can("read", org.UserObject(id)) }

func (i *inquiry) mayKnowMember(organization, id uuid.UUID) bool {
	return i.by.Can("read", org.MemberObject(organization, id))
}

// knows reports whether the caller may know of an account that holds this: of the account itself, or of its membership in
// the organization of the question. Permission to read memberships reveals nothing about an account without one there.
func (i *inquiry) knows(id uuid.UUID, b org.Basis, organization uuid.UUID) bool {
	if len(b) == 0 {
		return false
	}
	if _, member := b.Of(organization); organization != uuid.Nil && member && i.mayKnowMember(organization, id) {
		return true
	}
	return i.mayKnow(id)
}

// self reports whether a text names the caller. The operator has no account, so no account is the operator.
func (i *inquiry) self(ref string) bool {
	return ref == "me" || i.accounts[ref] == i.by.ID() && i.by.ID() != uuid.Nil
}

// account returns the id that a question names, uuid.Nil if no account has the name.
func (i *inquiry) account(ref string) uuid.UUID {
	if ref == "me" {
		return i.by.ID()
	}
	return i.accounts[ref]
}

// target returns the account that a question is about, nil if the caller may not know of it anywhere.
func (i *inquiry) target(ref string) *org.Actor {
	if i.self(ref) {
		return i.by
	}
	return i.people.Of[i.accounts[ref]].Actor
}

// seen reports whether the caller may know of the account that a text names.
func (i *inquiry) seen(ref string, organization uuid.UUID) bool {
	id := i.accounts[ref]
	return i.self(ref) || id != uuid.Nil && i.knows(id, i.people.Of[id].Basis, organization)
}

// object returns the thing that a question is about, or why the question can't be answered. Neither depends on whether an
// account exists that the caller may not read.
// Problems of the question itself come first: they need no look at anything stored.
func (i *inquiry) object(ctx context.Context, q *org.SubjectCheck) (o rbac.Object, problem *org.CheckProblem, err error) {
	others := !i.self(q.Subject)
	switch {
	case q.ResourceID != "" && (!i.Catalog().Lookup(q.ResourceType) || unit.ParseID(q.ResourceID) == uuid.Nil):
		invalid := org.CheckInvalidID(i.Catalog())
		return o, &invalid, nil
	case i.strict && (q.ResourceType == rbac.Wildcard || !i.Catalog().Valid(q.ResourceType, q.Action)):
		problem, err = i.unknownPermission(ctx, rbac.Permission{ResourceType: q.ResourceType, Action: q.Action})
		return o, problem, err
	case i.strict && q.OrganizationID != "" && i.Catalog().SiteOnly(q.ResourceType):
		return o, &org.CheckSiteType, nil
	case i.strict && q.OwnerID != "" && !i.Catalog().Owned(q.ResourceType):
		return o, &org.CheckNoOwner, nil
	// Nothing limits such a question to an organization, so its answer would reveal rights anywhere.
	case others && (q.OrganizationID == "" || q.AnyOrg) && !i.by.Can("read", org.UsersObject):
		return o, &org.CheckOrganizationNeeded, nil
	}
	o = rbac.Object{Type: q.ResourceType, AnyOrg: q.AnyOrg, Org: i.organizations[q.OrganizationID]}
	// The caller may know of the account only through its membership in the organization.
	if q.OrganizationID != "" && o.Org == rbac.ID(uuid.Nil) || !i.seen(q.Subject, o.Org) {
		return o, &org.CheckNotFound, nil
	}
	switch {
	case q.ResourceID != "":
		// Things of the other types are not stored here.
		id := unit.ParseID(q.ResourceID)
		if q.ResourceType != "user" || !i.mayKnow(id) || len(i.people.Of[id].Basis) == 0 {
			return o, &org.CheckNotFound, nil
		}
		o = org.UserObject(id)
	case q.OwnerID == "me":
		o.Owner = i.account(q.Subject)
	case q.OwnerID != "":
		// An id need not be that of an account: things of deleted accounts have an owner too.
		if o.Owner, err = uuid.Parse(q.OwnerID); err != nil {
			if o.Owner = i.account(q.OwnerID); q.OwnerID != q.Subject && !i.seen(q.OwnerID, o.Org) {
				return o, &org.CheckNotFound, nil
			}
		}
	}
	// This comes last, since it reveals that the account exists.
	switch target := i.target(q.Subject); {
	case target == nil:
		return o, &org.CheckNotFound, nil
	case others && target.User.Status == org.StatusSuspended:
		return o, &org.CheckSuspended, nil
	}
	return o, nil, nil
}

// unknownPermission suggests what a pair may mean that the catalog lacks.
func (i *inquiry) unknownPermission(ctx context.Context, p rbac.Permission) (*org.CheckProblem, error) {
	if told, ok := i.unknown[p]; ok {
		return told, nil
	}
	removed, err := i.RemovedIn(ctx, 0, p)
	if err != nil {
		return nil, err
	}
	told := org.CheckUnknownPermission(i.Catalog(), p, removed)
	i.unknown[p] = &told
	return &told, nil
}
