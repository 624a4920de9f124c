package insight

import (
	"context"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Rights returns all that an account may do in an organization and, as far as the caller may ask about that, on the site: with
// anybody's things, and with its own. NotFound: the account is unknown, suspended, or one that the caller may not ask about
// there; or no such organization.
func (s *Service) Rights(ctx context.Context, by *org.Actor, organization, user string) (r org.Rights, err error) {
	defer org.Wrap(&err, "list the rights of %q in %q", user, organization)
	for range maxRenewed {
		r = org.Rights{}
		i, err := s.inquire(ctx, by, func(i *inquiry) {
			i.strict, i.questions = true, pairQuestions(by.Catalog, user, organization)
		})
		if err != nil {
			return r, err
		}
		catalog := by.Catalog
		if err := i.collect(ctx, &r); err != nil {
			return r, err
		}
		if r.Place, r.Catalog = i.place(), catalog.Version(); r.Place == (org.Place{}) {
			return r, org.ErrNotFound()
		}
		if r.User = i.accounts[user]; i.self(user) {
			r.User = by.ID()
		}
		site, err := s.inquire(ctx, by, func(i *inquiry) { i.strict, i.questions = true, pairQuestions(catalog, user, "") })
		if err != nil {
			return r, err
		}
		if by.Catalog != catalog {
			continue // the parts would be of different versions
		}
		if who := i.target(user); who != nil {
			r.Until = who.Basis.NextEnd()
		}
		return r, site.collect(ctx, &r)
	}
	return r, org.ErrCatalogMoved
}

// pairQuestions returns questions about each pair of the types of an organization, or of the site for "": with anybody's
// things, and with one's own.
func pairQuestions(c *rbac.Catalog, user, organization string) (qs []org.SubjectCheck) {
	for _, t := range c.Types() {
		if c.SiteOnly(t.Name) != (organization == "") {
			continue
		}
		for _, a := range t.Actions {
			q := org.SubjectCheck{Subject: user, AuthCheck: org.AuthCheck{Action: a.Name, ResourceType: t.Name, OrganizationID: organization}}
			qs = append(qs, q)
			if c.Owned(t.Name) {
				q.OwnerID = "me"
				qs = append(qs, q)
			}
		}
	}
	return qs
}

// collect adds what is allowed to rights. NotFound: the caller may not ask about the account in the organization. What
// it may not ask about on the site counts as not allowed.
func (i *inquiry) collect(ctx context.Context, r *org.Rights) error {
	for at := range i.questions {
		q := &i.questions[at]
		d, err := i.decide(ctx, q)
		switch {
		case err != nil:
			return err
		case d.Problem != nil && q.OrganizationID != "" && (*d.Problem == org.CheckNotFound || *d.Problem == org.CheckSuspended):
			return org.ErrNotFound()
		case !d.Allowed:
			continue
		}
		pair, ok := i.Catalog().Number(rbac.Permission{ResourceType: q.ResourceType, Action: q.Action})
		if !ok {
			continue
		}
		if q.OwnerID == "" {
			r.Anybodys = append(r.Anybodys, pair)
		} else {
			r.Own = append(r.Own, pair)
		}
	}
	return nil
}
