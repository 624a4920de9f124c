package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"rolecall.example/client"
	"rolecall.example/rbac"
)

// The kinds of a step.
const (
	stepNone   = "none"
	stepCreate = "create"
	stepChange = "change"
	stepDelete = "delete"
)

// roleStep is the change of one role. Its JSON is what --dry-run --json prints, for reviews by programs.
type roleStep struct {
	Organization string                        `json:"organization,omitempty"` // "": of the site
	Name         string                        `json:"name"`
	Change       string                        `json:"change"` // one of the kinds
	DisplayName  []string                      `json:"display_name,omitempty"`
	Description  []string                      `json:"description,omitempty"` // before and after
	Differences  []client.PermissionDifference `json:"differences"`
	Impact       *client.Impact                `json:"impact,omitempty"`

	scope     client.Scope
	wanted    client.RoleRequest
	condition client.Option // the state that was compared
}

func (s *roleStep) label() string { return s.Name + " of " + place(s.scope) }

func (s *roleStep) carryOut(ctx context.Context, api *client.Client) error {
	if s.Change == stepDelete {
		return api.DeleteRole(ctx, s.scope, s.Name, s.condition)
	}
	_, err := api.PutRole(ctx, s.scope, s.wanted, s.condition)
	return err
}

// rolePlan has the changes of the roles of a file.
type rolePlan struct {
	*faults
	api   *client.Client
	named map[string]*roleHome // by the name in the file; nil: there is no such organization
	homes []*roleHome          // each once
	steps []*roleStep
	words vocabulary // for hints, once one is needed
}

// roleHome is an organization, or the site, with its roles.
type roleHome struct {
	name  string // "" for the site
	scope client.Scope
	roles []client.AssignableRole
	has   map[string]bool // the roles of the file
}

// make compares the roles of the file with the stored ones. It continues after a fault, so all faults are known at the
// end; a failure of the server ends it.
func (p *rolePlan) make(ctx context.Context, roles []wantedRole, a *roleApply) error {
	p.named = map[string]*roleHome{}
	for i := range roles {
		r := &roles[i]
		if r.Name == "" {
			continue // a fault already
		}
		home, err := p.home(ctx, r.organization, r.line)
		if err != nil {
			return err
		}
		if home == nil {
			continue
		}
		key := strings.ToLower(r.Name)
		if home.has[key] {
			p.add(r.line, "%s is here twice", r.Name)
			continue
		}
		home.has[key] = true
		if err := p.compare(ctx, home, r); err != nil {
			return err
		}
	}
	// A role that could not be read does not count as missing from the file.
	if !a.prune || len(p.list) > 0 {
		return nil
	}
	// The file may contain none of its roles: that is how the last one is deleted.
	if a.org != "" {
		if _, err := p.home(ctx, a.org, 1); err != nil {
			return err
		}
	}
	return p.pruneAll(ctx)
}

// home returns where a role belongs, or nil if there is no such organization.
func (p *rolePlan) home(ctx context.Context, organization string, line int) (home *roleHome, err error) {
	home, known := p.named[organization]
	if known {
		return home, nil
	}
	// An organization that does not exist is remembered too, so it is only asked for once.
	defer func() { p.named[organization] = home }()
	home = &roleHome{scope: client.Site(), has: map[string]bool{}}
	if organization != "" {
		o, err := p.api.Organization(ctx, organization)
		if client.StatusOf(err) == http.StatusNotFound {
			p.add(line, "there is no organization %q", organization)
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(p.homes, func(h *roleHome) bool { return h.name == o.Name }); i >= 0 { // by another name
			return p.homes[i], nil
		}
		home.name, home.scope = o.Name, client.In(o.Name)
	}
	p.homes = append(p.homes, home)
	home.roles, err = p.api.Roles(ctx, home.scope)
	return home, err
}

// compare plans a role of the file.
func (p *rolePlan) compare(ctx context.Context, home *roleHome, r *wantedRole) error {
	step := &roleStep{
		Organization: home.name, Name: strings.ToLower(r.Name), Change: stepCreate,
		scope: home.scope, wanted: r.RoleRequest, condition: client.OnlyNew(),
	}
	p.steps = append(p.steps, step)
	// The list has been read already, and most roles of a file are unchanged: they cost no request.
	i := slices.IndexFunc(home.roles, func(known client.AssignableRole) bool { return known.Name == step.Name })
	switch {
	case i < 0:
		step.compare(client.Role{}, r.RoleRequest)
	case home.roles[i].BuiltIn:
		p.add(r.line, "%s is built in and cannot be changed", r.Name)
		return nil
	default:
		step.Change = stepChange
		if step.compare(home.roles[i].Role, r.RoleRequest); step.Change == stepNone {
			return nil
		}
		var tag string
		known, err := p.api.Role(ctx, home.scope, step.Name, client.GetETag(&tag))
		if err != nil {
			return err
		}
		// Compared again with the state of the tag, since the list is older.
		step.condition = client.IfMatch(tag)
		step.compare(known.Role, r.RoleRequest)
	}
	// The server checks the role as if it were saved, so mistakes are found before any role is saved.
	impact, err := p.api.PreviewPutRole(ctx, step.scope, step.wanted, step.condition)
	step.Impact = &impact
	return p.refused(ctx, err, step, r)
}

// compare finds the differences of a role. If there are none, the step does nothing.
func (s *roleStep) compare(stored client.Role, wanted client.RoleRequest) {
	s.DisplayName, s.Description, s.Differences = nil, nil, []client.PermissionDifference{}
	for _, d := range rbac.Diff(engineRole(stored.Request()), engineRole(wanted)) {
		s.Differences = append(s.Differences, client.PermissionDifference{
			Level: d.Level.String(), ResourceType: d.ResourceType, Action: d.Action, From: cmp.Or(d.From.String(), "not_set"), To: cmp.Or(d.To.String(), "not_set"),
		})
	}
	if stored.DisplayName != wanted.DisplayName {
		s.DisplayName = []string{stored.DisplayName, wanted.DisplayName}
	}
	if about := wanted.Description; about != nil && *about != stored.Description {
		s.Description = []string{stored.Description, *about}
	}
	if s.Change == stepChange && len(s.Differences) == 0 && s.DisplayName == nil && s.Description == nil {
		s.Change = stepNone
	}
}

// engineRole returns a role as the engine compares it.
func engineRole(r client.RoleRequest) *rbac.Role {
	convert := func(list []client.Permission) (out []rbac.Permission) {
		for _, p := range list {
			out = append(out, rbac.Permission{ResourceType: p.ResourceType, Action: p.Action, Negate: p.Negate})
		}
		return out
	}
	return &rbac.Role{Site: convert(r.Site), Organization: convert(r.Organization), User: convert(r.User)}
}

// refused turns a refusal of a role into faults of the file. Only a 400 is about the content of the file. Others, such
// as a missing right, could not be fixed in the file: they end the plan.
func (p *rolePlan) refused(ctx context.Context, err error, step *roleStep, r *wantedRole) error {
	e, ok := errors.AsType[*client.Error](err)
	switch {
	case err == nil:
		return nil
	case !ok || e.Status != http.StatusBadRequest:
		return fmt.Errorf("%s: %w", step.label(), err)
	// Then only the line of the role is known.
	case len(e.Validations) == 0:
		p.add(r.line, "%s: %v", r.Name, err)
	}
	for _, v := range e.Validations {
		detail := v.Detail
		if detail == "" {
			detail = strings.TrimSuffix(e.Message+" "+e.Detail, " ")
		}
		if permission, list, i, ok := permissionAt(v.Field, &r.RoleRequest); ok {
			if p.words.types == nil {
				p.words, _ = vocabularyOf(ctx, p.api) // without them there is no hint
			}
			p.add(r.lines[list][i], "%s%s", detail, p.words.like(permission))
		} else {
			p.add(r.line, "%s: %s: %s", r.Name, v.Field, detail)
		}
	}
	return nil
}

// pruneAll plans the deletion of the custom roles that the file does not have.
func (p *rolePlan) pruneAll(ctx context.Context) error {
	for _, home := range p.homes {
		for _, known := range home.roles {
			if known.BuiltIn || home.has[known.Name] {
				continue
			}
			if err := p.prune(ctx, home, known.Name); err != nil {
				return fmt.Errorf("%s of %s: %w", known.Name, place(home.scope), err)
			}
		}
	}
	return nil
}

func (p *rolePlan) prune(ctx context.Context, home *roleHome, name string) error {
	var tag string
	stored, err := p.api.Role(ctx, home.scope, name, client.GetETag(&tag))
	if err != nil {
		return err
	}
	step := &roleStep{
		Organization: home.name, Name: name, Change: stepDelete,
		scope: home.scope, condition: client.IfMatch(tag),
	}
	// With the same display name, since a deletion does not change it.
	step.compare(stored.Role, client.RoleRequest{DisplayName: stored.DisplayName})
	impact, err := p.api.PreviewDeleteRole(ctx, home.scope, name, step.condition)
	step.Impact = &impact
	p.steps = append(p.steps, step)
	return err
}

// changes returns the steps that do something.
func (p *rolePlan) changes() (list []*roleStep) {
	for _, step := range p.steps {
		if step.Change != stepNone {
			list = append(list, step)
		}
	}
	return list
}
