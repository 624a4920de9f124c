package insight

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// EachOrganization calls each for every organization where an account may do something, by name, among those that the caller
// may read and in which it may know of the account.
// NotFound: no such account, or the caller may not know of it anywhere. Invalid: no such pair of type and action, or
// things of that type belong to no organization.
func (s *Service) EachOrganization(ctx context.Context, by *org.Actor, user string, q org.Question, each func(*org.Organization) error) (err error) {
	defer org.Wrap(&err, "list organizations where %q can", user)
	q = s.presentQuestion(by, q)
	if err := askedPair(by.Catalog, q); err != nil {
		return err
	}
	if by.Catalog.SiteOnly(q.ResourceType) {
		return org.FieldErrors{{Field: "can", Detail: "nothing of that type belongs to an organization"}}.Err("Invalid question.")
	}
	return s.units.Moment(ctx, by, func(src unit.Reader) error {
		if err := src.Settle(ctx); err != nil { // before checking what the caller may read
			return err
		}
		i := newInquiry(src, by, src.People)
		target, err := i.somebody(ctx, user)
		if err != nil {
			return err
		}
		if target.User.Status == org.StatusSuspended {
			return nil
		}
		may := func(id uuid.UUID) bool {
			o := rbac.Object{Type: q.ResourceType, Org: id}
			if q.Own {
				o.Owner = target.ID()
			}
			return by.Can("read", org.OrgObject(id)) && (target == by || i.knows(target.ID(), target.Basis, id)) && target.Can(q.Action, o)
		}
		next := organizationsOf(src, target.ID())
		if target.Grants.Authorize(q.Action, rbac.Object{Type: q.ResourceType, Org: org.ElsewhereOrg}) { // wherever it is not a member
			next = allOrganizations(src)
		}
		return eachReadable(ctx, by, next, may, each)
	})
}

// somebody finds the account that is asked about, wherever the caller may know of it. NotFound.
func (i *inquiry) somebody(ctx context.Context, ref string) (*org.Actor, error) {
	site, _ := i.by.Basis.Of(uuid.Nil)
	var err error
	var rows map[uuid.UUID]db.UserRow
	if i.accounts, rows, err = i.AccountsAt(ctx, []string{ref}, site.Value); err != nil {
		return nil, err
	}
	if i.self(ref) {
		return i.by, nil
	}
	id := i.accounts[ref]
	i.people, err = i.find(ctx, unit.Wanted{IDs: []uuid.UUID{id}, Rows: rows, Needed: func(id uuid.UUID, b org.Basis) bool {
		for _, row := range b {
			if i.knows(id, b, row.OrganizationID) {
				return true
			}
		}
		return false
	}})
	if err != nil {
		return nil, err
	}
	if target := i.people.Of[id].Actor; target != nil && id != uuid.Nil {
		return target, nil
	}
	return nil, org.ErrNotFound()
}

// organizationPieces returns the next organizations after a name, and none at the end.
type organizationPieces func(ctx context.Context, after string) ([]db.Organization, error)

func allOrganizations(src unit.Reader) organizationPieces {
	return func(ctx context.Context, after string) ([]db.Organization, error) {
		return src.Q.ListOrganizationsAfter(ctx, db.ListOrganizationsAfterParams{AfterKey: after, MaxRows: unit.ChunkSize})
	}
}

func organizationsOf(src unit.Reader, user uuid.UUID) organizationPieces {
	return func(ctx context.Context, after string) ([]db.Organization, error) {
		return src.Q.ListOrganizationsOfUserAfter(ctx, db.ListOrganizationsOfUserAfterParams{UserID: user, AfterKey: after, MaxRows: unit.ChunkSize})
	}
}

// eachReadable calls each for the organizations that count, with what the caller may see of them.
func eachReadable(ctx context.Context, by *org.Actor, next organizationPieces, counts func(uuid.UUID) bool, each func(*org.Organization) error) error {
	after := ""
	for {
		rows, err := next(ctx, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			if !counts(r.ID) {
				continue
			}
			o := unit.OrganizationFor(by, r)
			if err := each(&o); err != nil {
				return err
			}
		}
		after = rows[len(rows)-1].NameKey
	}
}
