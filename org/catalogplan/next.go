package catalogplan

import (
	"context"
	"fmt"
	"slices"

	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// Next is the version that a change of the catalog would make.
type Next struct {
	Change
	Steps     rbac.Steps
	SameAs    int64 // of a rollback: the version whose content it has
	Unchanged bool  // what it contains is in force already, so there is nothing to apply

	other bool // it is the catalog of another product, and the change does not say so
}

// For returns the version that a document would become. Invalid: it cannot follow the one in force; the error names every
// problem. The catalog of another product is no error here, so that it can be planned: see [Next.Refuse].
func For(ctx context.Context, r unit.Reader, in org.CatalogChange) (n Next, err error) {
	if n, err = next(ctx, r, in.Retire); err != nil {
		return n, err
	}
	stored := n.Before.Document()
	numbered, steps, problems := rbac.Succeed(stored, in.Document)
	if err := refuseAll(problems); err != nil {
		return n, err
	}
	n.other = numbered.Product != stored.Product && !in.Replace
	return n, n.make(numbered, steps, 0)
}

// Back returns the version that would have the content of an earlier one. A rollback makes a new version too, since numbers only
// go up. NotFound: no version has that number. Invalid: its content cannot follow the version in force.
func Back(ctx context.Context, r unit.Reader, in org.CatalogRollback) (n Next, err error) {
	if n, err = next(ctx, r, in.Retire); err != nil {
		return n, err
	}
	if in.Version == n.From {
		n.Unchanged = true
		return n, n.make(n.Before.Document(), rbac.Steps{}, 0)
	}
	earlier, err := r.VersionOfCatalog(ctx, in.Version)
	if err != nil {
		return n, err
	}
	numbered, steps, problems := rbac.Rollback(n.Before.Document(), earlier.Catalog.Document())
	if err := refuseAll(problems); err != nil {
		return n, err
	}
	return n, n.make(numbered, steps, in.Version)
}

// refuseAll returns one error about all problems, so that nobody has to fix them one at a time; nil if there are none.
func refuseAll(problems []rbac.Problem) error {
	fields := make(org.FieldErrors, len(problems))
	for i, p := range problems {
		fields[i] = org.Field{Field: p.Path, Detail: p.Text}
	}
	return fields.Err("This catalog can not follow the one in force.")
}

// next returns what is known of the next version before its document is. It settles the reader first, to be sure which catalog
// is in force.
func next(ctx context.Context, r unit.Reader, retire []string) (n Next, err error) {
	if err := r.Settle(ctx); err != nil {
		return n, err
	}
	n.Before, n.Retire, n.Now = r.Catalog(), retire, r.When
	n.From = n.Before.Version()
	n.To = n.From + 1
	n.History, err = history(ctx, r)
	return n, err
}

// history returns all stored versions, oldest first.
func history(ctx context.Context, r unit.Reader) ([]rbac.Version, error) {
	list, err := r.CatalogHistory(ctx)
	if err != nil {
		return nil, err
	}
	past := make([]rbac.Version, 0, len(list)+1)
	for _, v := range slices.Backward(list) {
		past = append(past, rbac.Version{Number: v.Number, SameAs: v.SameAs, Steps: v.Steps})
	}
	return past, nil
}

// make completes the version with its document. Equal hashes mean equal content, whatever the layout of the file.
func (n *Next) make(d *rbac.Document, steps rbac.Steps, sameAs int64) (err error) {
	n.Steps, n.SameAs = steps, sameAs
	n.Unchanged = n.Unchanged || d.Hash() == n.Before.Hash()
	if n.After, err = rbac.NewVersion(d, n.To); err != nil {
		return err
	}
	n.History = append(n.History, rbac.Version{Number: n.To, SameAs: sameAs, Steps: steps})
	return nil
}

// Refuse returns why the version cannot be applied as requested: an [org.CatalogInUseError] of kind Conflict, with the
// plan. It is nil if the version can be applied, or would change nothing. It does not look at people, so the plan may be
// that of [Overview].
func (n *Next) Refuse(p org.CatalogPlan) error {
	refuse := func(message, detail string) error {
		return &org.CatalogInUseError{Refusal: &org.Error{Kind: org.Conflict, Message: message, Detail: detail}, Plan: p}
	}
	switch {
	case n.Unchanged:
		return nil
	case n.other:
		return refuse(fmt.Sprintf("This server runs the catalog %q. Say replace=1 to put another product's in its place.", n.Before.Document().Product), "")
	case len(p.Taken) > 0:
		return refuse(p.Taken[0], "Rename the built-in role, or delete the custom one.")
	case slices.ContainsFunc(p.InUse, func(u org.CatalogUse) bool { return !u.Retire }):
		return refuse("This removes what is in use.", "Name each item in retire=, or leave it in.")
	}
	return nil
}
