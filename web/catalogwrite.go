package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/org/catalogfile"
	"rolecall.example/rbac"
	"rolecall.example/views"
)

// errUnconditional refuses a change that does not name the version that it is based on.
var errUnconditional = &org.Error{
	Kind: org.Unconditional, Message: "Say which version this change begins from.",
	Detail: "Send the header If-Match with the ETag of the catalog, or dry_run=1.",
}

// putCatalog puts another catalog in force.
func (s *Server) putCatalog(c *call) (reply, error) {
	if c.fromForm() {
		return s.catalogByForm(c)
	}
	in, err := c.catalogChange()
	if err != nil {
		return reply{}, err
	}
	if c.dry && c.wantsPeople() {
		return c.catalogPeople(func(role func(*org.CatalogRole) error, person func(*org.CatalogPerson) error) (int64, error) {
			return s.account.EachByCatalog(c.ctx, c.actor, in, role, person)
		}), nil
	}
	out, err := s.account.ApplyCatalog(c.ctx, c.actor, in)
	return c.catalogOutcome(out, in.Document, err)
}

// rollbackCatalog puts the content of an earlier version in force.
func (s *Server) rollbackCatalog(c *call) (reply, error) {
	if c.fromForm() {
		return s.rollbackByForm(c)
	}
	in, err := decode(c, func(o object) org.CatalogRollback {
		number, ok := o.number("version")
		if !ok {
			o.addError("version", "must be the number of a version")
		}
		return org.CatalogRollback{Version: number, Note: o.text("note"), Retire: c.values["retire"], IfMatch: c.ifMatch(), DryRun: c.dry}
	}).Read()
	switch {
	case err != nil && c.actor.Owner():
		return reply{}, err
	case in.IfMatch == nil && !c.dry && c.actor.Owner():
		return reply{}, errUnconditional
	case c.dry && c.wantsPeople():
		return c.catalogPeople(func(role func(*org.CatalogRole) error, person func(*org.CatalogPerson) error) (int64, error) {
			return s.account.EachByRollback(c.ctx, c.actor, in, role, person)
		}), nil
	}
	out, err := s.account.RollbackCatalog(c.ctx, c.actor, in)
	return c.catalogOutcome(out, nil, err)
}

// catalogChange reads a catalog and what the query says of it. Callers who may not change the catalog learn nothing
// about the file: the use case refuses first.
func (c *call) catalogChange() (in org.CatalogChange, err error) {
	b := c.receive()
	switch media := mediaType(c.request().Header.Values("Content-Type")); {
	case c.request().Header.Get("Content-Encoding") != "" || media != typeYAML && media != "text/yaml" && media != typeJSON:
		return in, &org.Error{
			Kind: org.Unsupported, Message: "A catalog must be YAML or JSON.",
			Detail: "Send it with the header Content-Type: application/yaml or application/json.",
		}
	case b.tooLarge:
		return in, &org.Error{Kind: org.TooLarge, Message: "Request body is too large.", Detail: "At most 1 MiB is read."}
	case b.err != nil:
		return in, malformed(b.err.Error())
	}
	q := c.query()
	in = org.CatalogChange{
		Source: string(b.data), Retire: c.values["retire"], Replace: q.flag("replace"), Note: q.text("note"), IfMatch: c.ifMatch(), DryRun: c.dry,
	}
	var problems []rbac.Problem
	in.Document, problems = catalogfile.Read("the document", b.data)
	switch {
	case !c.actor.Owner():
		return in, nil
	case len(problems) > 0:
		return in, catalogFields(problems).Err("The catalog is not valid.")
	case in.IfMatch == nil && !c.dry:
		return in, errUnconditional
	}
	return in, q.problem()
}

// catalogFields returns the problems of a file by path, each with its line.
func catalogFields(problems []rbac.Problem) (fields org.FieldErrors) {
	for _, p := range problems {
		detail := p.Text
		if p.Line > 0 {
			detail = fmt.Sprintf("line %d: %s", p.Line, p.Text)
		}
		fields.Add(p.Path, detail)
	}
	return fields
}

// catalogOutcome answers with a change or its plan. A refusal includes what prevents the change.
func (c *call) catalogOutcome(out org.CatalogOutcome, d *rbac.Document, err error) (reply, error) {
	if used, ok := errors.AsType[*org.CatalogInUseError](err); ok {
		plan := wireCatalogPlan(&used.Plan)
		r := problem(c, used.Refusal.Kind.Status(), used.Refusal)
		r.json = client.Error{Message: used.Refusal.Message, Detail: used.Refusal.Detail, Validations: wireFields(used.Refusal.Fields), Plan: &plan}
		return r, nil
	}
	if err != nil {
		return reply{}, c.precondition(err)
	}
	if c.dry {
		if d != nil {
			out.Plan.Warnings = catalogFields(catalogfile.Warnings(d))
		}
		return reply{json: wireCatalogPlan(&out.Plan)}, nil
	}
	return reply{json: client.CatalogApplied{Version: out.Version, Unchanged: out.Unchanged}, version: catalogTag(out.Version)}, nil
}

const typeNDJSON = "application/x-ndjson"

// wantsPeople reports whether a dry run is to list everyone affected.
func (c *call) wantsPeople() bool { return c.csv || c.wantsLines() }

type eachByCatalog func(role func(*org.CatalogRole) error, person func(*org.CatalogPerson) error) (int64, error)

// catalogPeople lists the custom roles that a change touches, followed by the people who gain or lose something. The
// review links to the people of a single line.
func (c *call) catalogPeople(each eachByCatalog) reply {
	if c.csv {
		return reply{stream: &stream{long: true, write: func(w *sink) error {
			t := newTable(w, "organization", "username", "name", "gains", "losses")
			line := c.query().text("line")
			_, err := each(func(*org.CatalogRole) error { return nil }, func(p *org.CatalogPerson) error {
				if line != "" && !inLine(p, line) {
					return nil
				}
				return t.add(p.Organization, p.Username, p.Name, rightsText(p.Gains), rightsText(p.Losses))
			})
			return cmp.Or(err, t.end())
		}}}
	}
	return reply{stream: &stream{long: true, contentType: typeNDJSON, write: func(w *sink) error {
		n, err := each(func(r *org.CatalogRole) error {
			line, err := json.Marshal(map[string]client.CatalogRole{"role": wireCatalogRole(r)})
			if err == nil {
				_, err = w.Write(append(line, '\n'))
			}
			return err
		}, func(p *org.CatalogPerson) error {
			w.scratch = appendCatalogPerson(w.scratch[:0], p)
			_, err := w.Write(w.scratch)
			return err
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "{\"complete\":true,\"people\":%d}\n", n)
		return err
	}}}
}

// inLine reports whether a person belongs to a line of the review.
func inLine(p *org.CatalogPerson, line string) bool {
	level := rbac.LevelOrganization
	if p.Organization == "" {
		level = rbac.LevelSite
	}
	in := func(list []org.CatalogRight, gain bool) bool {
		return slices.ContainsFunc(list, func(r org.CatalogRight) bool {
			return views.CatalogLineID(org.CatalogLine{Permission: r.Permission, Own: r.Own, Gain: gain, Level: level.String()}) == line
		})
	}
	return in(p.Gains, true) || in(p.Losses, false)
}

func rightsText(list []org.CatalogRight) string {
	return strings.Join(each(list, wireRight), ", ")
}

// appendCatalogPerson writes a row of the list, as encoding/json would write a client.CatalogPerson.
func appendCatalogPerson(b []byte, p *org.CatalogPerson) []byte {
	b = appendString(append(b, `{"organization":`...), p.Organization)
	b = appendString(append(b, `,"username":`...), p.Username)
	b = appendString(append(b, `,"name":`...), p.Name)
	b = appendRights(append(b, `,"gains":`...), p.Gains)
	b = appendRights(append(b, `,"losses":`...), p.Losses)
	return append(b, "}\n"...)
}

func appendRights(b []byte, list []org.CatalogRight) []byte {
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, wireRight(&list[i]))
	}
	return append(b, ']')
}
