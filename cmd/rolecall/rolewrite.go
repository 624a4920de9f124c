package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// roleEdit holds the flags that change the content of a role. The display name is a pointer, because an empty one may
// be intended.
type roleEdit struct {
	query
	displayName, about *string
	allow, deny, unset []client.Permission
	own                bool
}

func (e *roleEdit) flags(fs *pflag.FlagSet) {
	fs.Var(given{&e.displayName}, "display-name", "`NAME` that people read; may be empty")
	fs.Var(given{&e.about}, "description", "one line of `TEXT` that says what the role is for, at most 200 characters; may be empty")
	fs.Var(&permissionList{list: &e.allow}, "allow", "`TYPE:ACTION,...` to allow; may be repeated")
	fs.Var(&permissionList{list: &e.deny}, "deny", "`TYPE:ACTION,...` to deny; may be repeated")
	fs.BoolVar(&e.own, "own", false, "in a site role, --allow and the like apply only to what a user owns")
}

// permissions returns the list that the flags are about.
func (e *roleEdit) permissions(r *client.RoleRequest) *[]client.Permission {
	switch {
	case e.org != "":
		return &r.Organization
	case e.own:
		return &r.User
	}
	return &r.Site
}

// apply changes a role according to the flags.
func (e *roleEdit) apply(r *client.RoleRequest) {
	if e.displayName != nil {
		r.DisplayName = *e.displayName
	}
	if e.about != nil {
		r.Description = e.about
	}
	list := e.permissions(r)
	// Named permissions are removed first, wherever they are, so that a role never both allows and denies the same
	// thing.
	for _, changed := range [][]client.Permission{e.unset, e.allow, e.deny} {
		for _, p := range changed {
			// A clone, as the list is that of the stored role.
			*list = slices.DeleteFunc(slices.Clone(*list), func(q client.Permission) bool { return q.ResourceType == p.ResourceType && q.Action == p.Action })
		}
	}
	for i := range e.deny {
		e.deny[i].Negate = true
	}
	*list = append(*list, slices.Concat(e.allow, e.deny)...)
}

// put stores a role or, in a dry run, says whom that would affect.
func (e *roleEdit) put(ctx context.Context, api *client.Client, t *terminal, r client.RoleRequest, became string, opts ...client.Option) error {
	// Before the request: the flag would do nothing, and the role would allow more than was meant.
	if e.own && e.org != "" {
		return usageError("--own is of roles of the site: leave --org out")
	}
	if e.dryRun {
		impact, err := api.PreviewPutRole(ctx, e.scope(), r, opts...)
		if err != nil {
			return suggest(ctx, api, err, &r)
		}
		return t.print(impactReport(impact, impact))
	}
	got, err := api.PutRole(ctx, e.scope(), r, opts...)
	if err != nil {
		return suggest(ctx, api, err, &r)
	}
	return t.print(savedReport(e.scope(), got, became))
}

// savedReport says what happened to a role that was written: a sentence for people, who know what they asked for, the
// whole role for programs.
func savedReport(s client.Scope, r client.Role, became string) report {
	out := roleReport(&client.AssignableRole{Role: r})
	out.value, out.names = r, []string{r.Name}
	out.text = sentence("%s of %s %s.", cmp.Or(r.DisplayName, r.Name), place(s), became)
	return out
}

// place names a scope in a sentence.
func place(s client.Scope) string {
	if s.String() == client.Site().String() {
		return "the site"
	}
	return s.String()
}

func rolesCreateCommand() *command {
	var e roleEdit
	return &command{
		name: "roles create", operand: "NAME",
		summary: "Create a role of an organization, or of the site without --org",
		about:   "You can only grant permissions that you have yourself. To keep roles in files, see roles apply.",
		examples: []string{
			"rolecall roles create night-shift --display-name 'Night shift' --allow organization_member:read,update --deny organization_member:delete --org acme",
			"rolecall roles create help-desk --allow user:read",
		},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			e.query.flags("org?")(fs)
			e.flags(fs)
			e.query.flags("dry-run")(fs)
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				r := client.RoleRequest{Name: c.operand}
				e.apply(&r)
				// The API has one request for both; without the condition, create would replace a role of that name.
				return e.put(ctx, api, t, r, "was created", client.OnlyNew())
			})
		},
	}
}

func rolesEditCommand() *command {
	var e roleEdit
	return &command{
		name: "roles edit", operand: "ROLE",
		summary: "Change the display name, the description or some permissions of a custom role",
		about:   "Whatever no flag names stays as it is. If someone else changes the role in between, nothing is done.",
		examples: []string{
			"rolecall roles edit night-shift --allow organization_member:read,create --unset assign_org_role:read --org acme",
			"rolecall roles edit night-shift --deny organization_member:delete --org acme --dry-run",
		},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			e.query.flags("org?")(fs)
			e.flags(fs)
			fs.Var(&permissionList{list: &e.unset}, "unset", "`TYPE:ACTION,...` to neither allow nor deny; may be repeated")
			e.query.flags("dry-run", "if-match")(fs)
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			if e.displayName == nil && e.about == nil && len(e.allow)+len(e.deny)+len(e.unset) == 0 {
				return usageError("a flag with something to change is needed; see rolecall help roles edit")
			}
			return asking(ctx, c, func(api *client.Client) error {
				var tag string
				stored, err := api.Role(ctx, e.scope(), c.operand, client.GetETag(&tag))
				if err != nil {
					return err
				}
				// Reported here, before flags are applied to a role that can never be stored.
				if stored.BuiltIn {
					return usageError(stored.Name + " is built in and cannot be changed")
				}
				// The whole role is sent back, so the tag must match: it protects the edits of others.
				r := stored.Request()
				e.apply(&r)
				return e.put(ctx, api, t, r, "was changed", e.match(tag)...)
			})
		},
	}
}

func rolesDeleteCommand() *command {
	var q query
	return &command{
		name: "roles delete", operand: "ROLE",
		summary:  "Delete a custom role, and remove it from everyone who has it",
		about:    "Shows who would lose what, and asks.",
		examples: []string{"rolecall roles delete night-shift --org acme", "rolecall roles delete night-shift --org acme --dry-run"},
		settings: askSettings,
		flags:    q.flags("org?", "dry-run", "if-match", "yes"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				var tag string
				r, err := api.Role(ctx, q.scope(), c.operand, client.GetETag(&tag))
				if err != nil {
					return err
				}
				// Before the question, which is about these people.
				impact, err := api.PreviewDeleteRole(ctx, q.scope(), c.operand, q.match(tag)...)
				if err != nil {
					return err
				}
				about := impactReport(impact, impact)
				if q.dryRun {
					return t.print(about)
				}
				if err := q.confirm(ctx, t, fmt.Sprintf("Delete %s of %s?", r.Name, place(q.scope())), about); err != nil {
					return err
				}
				if err := api.DeleteRole(ctx, q.scope(), c.operand, q.match(tag)...); err != nil {
					return err
				}
				return t.print(savedReport(q.scope(), r.Role, "was deleted"))
			})
		},
	}
}

func rolesRestoreCommand() *command {
	var q query
	return &command{
		name: "roles restore", operand: "ROLE VERSION",
		summary:  "Make an earlier version of a custom role the current one",
		about:    "roles history lists the versions, roles diff compares two.",
		examples: []string{"rolecall roles restore night-shift 3 --org acme", "rolecall roles restore night-shift 3 --org acme --dry-run"},
		settings: askSettings,
		flags:    q.flags("org?", "dry-run", "if-match"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			version, err := strconv.ParseInt(c.operands[1], 10, 64)
			if err != nil || version < 1 {
				return usageError(fmt.Sprintf("%q is no number of a version; rolecall roles history lists them", c.operands[1]))
			}
			return asking(ctx, c, func(api *client.Client) error {
				if q.dryRun {
					impact, err := api.PreviewRestoreRole(ctx, q.scope(), c.operand, version, q.match("")...)
					if err != nil {
						return err
					}
					return t.print(impactReport(impact, impact))
				}
				// No question: the version that this replaces stays in the history.
				got, err := api.RestoreRole(ctx, q.scope(), c.operand, version, q.match("")...)
				if err != nil {
					return err
				}
				return t.print(savedReport(q.scope(), got, fmt.Sprintf("is as in version %d again", version)))
			})
		},
	}
}
