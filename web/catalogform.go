package web

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"rolecall.example/org"
	"rolecall.example/org/catalogfile"
	"rolecall.example/rbac"
	"rolecall.example/views"
)

// A person changes the catalog in three steps with the same endpoints as a program: the text, the review of its plan, and
// the change. Every step sends all input again, and a refusal leads back to the step that it concerns.

// maxRetired is the number of things that one change may remove although they are in use.
const maxRetired = 4000

var (
	errCatalogOwners = &org.Error{Kind: org.Forbidden, Message: "Only site owners may change the catalog."}
	errSameCatalog   = &org.Error{Kind: org.Invalid, Message: "This is the catalog that is in force already.", Detail: "There is nothing to apply."}
)

// fromForm reports whether the request is a form from a page.
func (c *call) fromForm() bool {
	return c.session && (mediaType(c.request().Header.Values("Content-Type")) == typeForm || c.boundary() != "")
}

// newCatalog shows the page on which an owner enters another catalog.
func (s *Server) newCatalog(c *call) (reply, error) {
	if !c.actor.Owner() {
		return reply{}, errCatalogOwners
	}
	p, err := s.catalogChangePage(c, views.CatalogChange{})
	return reply{html: show(p)}, err
}

// catalogChangePage makes that page as it was filled in.
func (s *Server) catalogChangePage(c *call, form views.CatalogChange) (page, error) {
	v, err := s.account.Catalog(c.ctx, c.actor)
	form.Version = strconv.FormatInt(v.Number, 10)
	return page{title: "Change the catalog", active: catalogItem, body: views.CatalogChangePage(form)}, err
}

// catalogByForm handles one step of a change.
func (s *Server) catalogByForm(c *call) (reply, error) {
	if !c.actor.Owner() {
		return reply{}, errCatalogOwners
	}
	input := decode(c, func(o object) org.CatalogChange { return c.catalogOfForm(o) })
	in, err := input.Read()
	form := func(e *org.Error) (page, error) {
		return s.catalogChangePage(c, views.CatalogChange{Document: in.Source, Note: in.Note, Replace: in.Replace, Err: e})
	}
	switch {
	case c.editorStep() == views.StepEdit:
		p, err := form(nil)
		return reply{html: show(p)}, err
	case err != nil:
		return c.again(err, form)
	}
	if c.dry && c.wantsPeople() {
		return c.catalogPeople(func(role func(*org.CatalogRole) error, person func(*org.CatalogPerson) error) (int64, error) {
			return s.account.EachByCatalog(c.ctx, c.actor, in, role, person)
		}), nil
	}
	review := views.CatalogReview{Document: in.Source, Label: in.Document.Label, Note: in.Note, Retire: in.Retire, Replace: in.Replace}
	return s.catalogSteps(c, review, form, func(dry bool) (org.CatalogOutcome, error) {
		in.DryRun = dry
		out, err := s.account.ApplyCatalog(c.ctx, c.actor, in)
		out.Plan.Warnings = catalogFields(catalogfile.Warnings(in.Document))
		return out, err
	})
}

// catalogOfForm reads the catalog and its options from a form.
func (c *call) catalogOfForm(o object) org.CatalogChange {
	file := o.text("upload") // if one was chosen; with script, the field has its text too
	in := org.CatalogChange{
		// A browser ends each line of a field with CR and LF.
		Source: strings.ReplaceAll(cmp.Or(o.text("document"), file), "\r\n", "\n"), Note: o.text("note"), Replace: o.flag("replace"),
		Retire: o.texts("retire", maxRetired), IfMatch: c.versions(o),
	}
	var problems []rbac.Problem
	in.Document, problems = catalogfile.Read("the document", []byte(in.Source))
	for _, f := range catalogFields(problems) {
		o.addError(f.Field, f.Detail)
	}
	return in
}

// rollbackByForm handles one step of a rollback. The first is the list of versions.
func (s *Server) rollbackByForm(c *call) (reply, error) {
	if !c.actor.Owner() {
		return reply{}, errCatalogOwners
	}
	input := decode(c, func(o object) org.CatalogRollback {
		back, ok := o.number("back_to")
		if !ok {
			o.addError("back_to", "must be the number of a version")
		}
		return org.CatalogRollback{Version: back, Retire: o.texts("retire", maxRetired), Note: o.text("note"), IfMatch: c.versions(o)}
	})
	form := func(e *org.Error) (page, error) {
		list, err := s.account.CatalogVersions(c.ctx, c.actor)
		return c.catalogHistoryPage(list, e), err
	}
	in, err := input.Read()
	if err != nil {
		return c.again(err, form)
	}
	if c.dry && c.wantsPeople() {
		return c.catalogPeople(func(role func(*org.CatalogRole) error, person func(*org.CatalogPerson) error) (int64, error) {
			return s.account.EachByRollback(c.ctx, c.actor, in, role, person)
		}), nil
	}
	review := views.CatalogReview{BackTo: in.Version, Note: in.Note, Retire: in.Retire}
	return s.catalogSteps(c, review, form, func(dry bool) (org.CatalogOutcome, error) {
		in.DryRun = dry
		return s.account.RollbackCatalog(c.ctx, c.actor, in)
	})
}

// catalogSteps shows the review, or makes the change. If stored data has changed so that the change is refused, it
// makes the review again.
func (s *Server) catalogSteps(c *call, review views.CatalogReview, form func(*org.Error) (page, error), run func(dry bool) (org.CatalogOutcome, error)) (reply, error) {
	if c.editorStep() == views.StepReview {
		out, err := run(true)
		if err == nil && out.Unchanged {
			err = errSameCatalog
		}
		if err != nil {
			return c.again(err, form)
		}
		return reply{html: func() (page, error) { return s.catalogReviewPage(c, review, out.Plan, nil) }}, nil
	}
	out, err := run(false)
	if err == nil {
		message := fmt.Sprintf("Version %d of the catalog is in force now.", out.Version)
		if out.Unchanged {
			message = fmt.Sprintf("Nothing was changed: it is version %d, which is in force.", out.Version)
		}
		return reply{next: to(views.CatalogURL, message)}, nil
	}
	if e, ok := errors.AsType[*org.Error](err); !ok || e.Kind != org.Conflict {
		return c.again(err, form)
	}
	return c.again(err, func(e *org.Error) (page, error) {
		out, err := run(true)
		if err != nil {
			return form(e)
		}
		return s.catalogReviewPage(c, review, out.Plan, e)
	})
}

// catalogReviewPage makes the page that reviews another catalog before it is applied.
func (s *Server) catalogReviewPage(c *call, r views.CatalogReview, plan org.CatalogPlan, e *org.Error) (page, error) {
	v, err := s.account.Catalog(c.ctx, c.actor)
	r.Plan, r.Err, r.From, r.Version = plan, e, v.Catalog, strconv.FormatInt(plan.From, 10)
	r.Label = cmp.Or(r.Label, v.Label)
	return page{title: "Review the catalog", active: catalogItem, crumbs: catalogCrumbs(), body: views.CatalogReviewPage(r)}, err
}

// catalogHistoryPage makes the list of versions; e is why a rollback to one was refused.
func (c *call) catalogHistoryPage(list []org.CatalogVersion, e *org.Error) page {
	return page{title: "Versions of the catalog", active: catalogItem, body: views.CatalogHistoryPage(views.CatalogHistory{
		Versions: list, CanChange: c.actor.Owner(), Err: e,
	})}
}

// catalogComparePage makes the page that compares two versions.
func (s *Server) catalogComparePage(c *call, from, to int64, changes []org.CatalogDifference) (page, error) {
	list, err := s.account.CatalogVersions(c.ctx, c.actor)
	return page{title: "Compare versions of the catalog", active: catalogItem, crumbs: catalogCrumbs(views.Crumb{Label: "History", URL: views.CatalogVersionsURL}), body: views.CatalogComparePage(views.CatalogCompare{
		From: from, To: to, Versions: list, Changes: changes,
	})}, err
}
