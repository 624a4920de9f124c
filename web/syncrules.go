package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views"
)

// The pages about what people get by signing in with a provider. The API is at /settings/idpsync.

const (
	pathSyncProvider      = views.SyncURL + "/{provider}"
	pathOrganizationRules = pathOrganization + "/sync"
)

// syncPageRoutes is the part of the table about these pages.
var syncPageRoutes = []Route{
	{http.MethodGet, views.SyncURL, SignedIn, Page, "show the sign-in providers and what is held", (*Server).showSync},
	{http.MethodGet, pathSyncProvider, SignedIn, Page, "show the rules of a provider", (*Server).showSyncProvider},
	{http.MethodPost, pathSyncProvider, SignedIn, Page, "edit rules of a provider for the site", (*Server).editSiteRules},
	{http.MethodPost, pathSyncProvider + "/try", SignedIn, Page, "show what a provider would give", (*Server).trySync},
	{http.MethodGet, pathOrganizationRules, SignedIn, Page, "show the rules of an organization", (*Server).showOrganizationRules},
	{http.MethodPost, pathOrganizationRules, SignedIn, Page, "edit the rules of an organization", (*Server).editOrganizationRules},
	{http.MethodPost, pathOrganizationRules + "/try", SignedIn, Page, "show what a provider would give in an organization", (*Server).tryOrganizationRules},
}

// sentRules are the rules of a form, and the button that sent it.
type sentRules struct {
	kind    org.SyncKind
	field   string
	all     bool // everyone joins the default organization
	rows    []views.SyncRow
	do      string
	version org.Versions
}

func (c *call) readRules(o object) sentRules {
	in := sentRules{kind: org.SyncKind(o.text("kind")), field: strings.TrimSpace(o.text("field")), all: o.flag("assign_default"), do: o.text("do"), version: c.versions(o)}
	if in.version == nil { // a form that started without stored rules must not replace others
		in.version = org.Versions{org.NoVersion}
	}
	values, targets := o.texts("value", org.MaxSyncPairs), o.texts("target", org.MaxSyncPairs)
	if len(values) != len(targets) {
		o.addError("rows", "must have a value and what it gives, each")
		return in
	}
	drop := -1
	if row, ok := strings.CutPrefix(in.do, views.SyncDropRow); ok {
		if n, err := strconv.Atoi(row); err == nil {
			drop = n
		}
	}
	for i, v := range values {
		row := views.SyncRow{Value: strings.TrimSpace(v), Target: strings.TrimSpace(targets[i])}
		if i != drop && (in.do == views.SyncAddRow || row != views.SyncRow{}) {
			in.rows = append(in.rows, row)
		}
	}
	if in.do == views.SyncAddRow {
		in.rows = append(in.rows, views.SyncRow{})
	}
	return in
}

// settings returns the rules in their stored form. id translates a target from the form that people enter. Invalid
// rules are reported with their row.
func (in sentRules) settings(id func(string) (string, bool), thing string) (s org.SyncSettings, wrong []org.Field) {
	s = org.SyncSettings{Field: in.field, AssignDefault: in.all, Mapping: map[string][]string{}}
	for i, row := range in.rows {
		target, known := id(row.Target)
		field := views.SyncRowField(i)
		switch {
		case row.Value == "":
			wrong = append(wrong, org.Field{Field: field, Detail: "The value is missing."})
		case row.Target == "":
			wrong = append(wrong, org.Field{Field: field, Detail: "Say what the value gives."})
		case !known:
			wrong = append(wrong, org.Field{Field: field, Detail: "There is no " + thing + " “" + row.Target + "”, or you may not see it."})
		case slices.Contains(s.Mapping[row.Value], target):
			wrong = append(wrong, org.Field{Field: field, Detail: "This rule is there twice."})
		default:
			s.Mapping[row.Value] = append(s.Mapping[row.Value], target)
		}
	}
	return s, wrong
}

// rulesForm makes the editor of a rule set as it is stored.
func (s *Server) rulesForm(c *call, p *org.Provider, in org.SyncPlace) (f views.SyncRulesForm, err error) {
	given := org.Given(p)
	f = views.SyncRulesForm{Provider: views.SignInProvider{ID: p.ID, Name: p.Name}, Names: map[string]string{}}
	if f.Stored, err = s.Service.Sync.Settings(c.ctx, c.actor, in, given); err != nil {
		return f, err
	}
	f.Stored.Kind, f.Stored.Provider = in.Kind, p.ID
	if f.Targets, err = s.syncTargets(c, in, f.Names); err != nil {
		return f, err
	}
	f.Field, f.AssignDefault = f.Stored.Field, f.Stored.AssignDefault
	f.Rows = views.RowsOf(&f.Stored, func(target string) string { return cmp.Or(f.Names[target], target) })
	f.Refusal = c.rulesRefusal(in.Kind, f.Stored.Organization.ID)
	if f.Refusal != "" {
		return f, nil
	}
	if f.Fields, err = s.Service.Sync.Fields(c.ctx, c.actor, in.Organization, given); err == nil && f.Field != "" {
		f.Values, err = s.Service.Sync.Values(c.ctx, c.actor, in.Organization, given, f.Field)
	}
	const offered = 200 // of the values received; a list of thousands helps no one
	f.Fields, f.Values = f.Fields[:min(len(f.Fields), offered)], f.Values[:min(len(f.Values), offered)]
	return f, err
}

// rulesRefusal returns why the caller may not change rules, "" if they may. The right to give a role is checked for
// each rule.
func (c *call) rulesRefusal(kind org.SyncKind, organization uuid.UUID) string {
	switch {
	case kind == org.SyncSiteRoles && !c.actor.Owner():
		return "Only site owners change who gets site roles"
	case !c.may("update", "idpsync_settings", organization):
		return "Needs idpsync_settings:update"
	}
	return ""
}

// syncTargets returns what rules can give, and fills names with the form in which people enter each stored target.
func (s *Server) syncTargets(c *call, in org.SyncPlace, names map[string]string) ([]views.SyncChoice, error) {
	var out []views.SyncChoice
	if in.Kind == org.SyncOrganizations {
		list, err := s.tenant.Organizations(c.ctx, c.actor)
		for _, o := range list {
			names[o.ID.String()] = o.Name
			out = append(out, views.SyncChoice{Value: o.Name, Label: o.Label()})
		}
		return out, err
	}
	list, err := s.tenant.Roles(c.ctx, c.actor, org.In(in.Organization))
	for _, r := range list.Roles {
		if r.Name != org.RoleOrganizationUser && r.Name != org.RoleMember {
			out = append(out, views.SyncChoice{Value: r.Name, Label: r.Label()})
		}
	}
	return out, err
}

// editRules handles a step of the editor: another row, the review, or the save. It always shows the editor's page; done
// is where a save leads.
func (s *Server) editRules(c *call, p *org.Provider, in org.SyncPlace, show func(views.SyncRulesForm) (page, error), done string) (reply, error) {
	f, err := s.rulesForm(c, p, in)
	if err != nil {
		return reply{}, err
	}
	sent, err := decode(c, c.readRules).Read()
	if err != nil {
		return reply{}, err
	}
	f.Field, f.AssignDefault, f.Rows = sent.field, sent.all, sent.rows
	if sent.do == views.SyncAddRow || strings.HasPrefix(sent.do, views.SyncDropRow) {
		return reply{html: func() (page, error) { return show(f) }}, nil
	}
	settings, wrong := sent.settings(f.Target, f.LowerThing())
	if len(wrong) > 0 {
		err = &org.Error{Kind: org.Invalid, Message: badFields, Fields: wrong}
	} else if sent.do == views.SyncSave {
		change := org.SyncChange{Settings: &settings, From: sent.version}
		_, err = s.Service.Sync.Change(c.ctx, c.actor, in, org.Given(p), org.Given(change))
	}
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) { f.Err = e; return show(f) })
	}
	if sent.do == views.SyncSave {
		return reply{next: to(done, "The rules were saved. They count from the next sign-in of each person.")}, nil
	}
	f.Review = f.ReviewOf()
	if !f.Review.Nothing() {
		f.Review.Impact, err = s.rulesImpact(c, p, in, &f.Stored, settings)
	}
	return reply{html: func() (page, error) { return show(f) }}, err
}

// rulesImpact returns what a rule set would do to everyone who has signed in, or to the members of its organization.
func (s *Server) rulesImpact(c *call, p *org.Provider, in org.SyncPlace, stored *org.SyncRules, to org.SyncSettings) (*org.SyncImpact, error) {
	draft := *stored
	draft.Field, draft.Mapping, draft.AssignDefault = to.Field, to.Mapping, to.AssignDefault
	f, err := s.Service.Sync.Test(c.ctx, c.actor, in, org.Given(org.SyncTest{Provider: p, Draft: []org.SyncRules{draft}, Impact: true}))
	return f.Impact, err
}
