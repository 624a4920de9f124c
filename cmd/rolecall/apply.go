package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// roleApply holds the flags of `roles apply`.
type roleApply struct {
	query
	prune bool
}

func rolesApplyCommand() *command {
	var a roleApply
	return &command{
		name:    "roles apply",
		summary: "Make roles match a file",
		about: "FILE contains roles as YAML or JSON: one role, a list, or several documents; roles export writes such a file. A\n" +
			"permission is TYPE:ACTION,... with a leading ! to deny, or an object as in the API. A role names its organization, unless --org\n" +
			"does; one with site_permissions is a site role. Shows how each role differs, and who would gain and lose what, and\n" +
			"asks. A role that someone else changes in between stays as it is. Roles that are not in the file also stay, unless\n" +
			"you use --prune.\n\n" +
			"Exit code 1 with --dry-run: something would change.\n\n" +
			"  name: night-shift\n  organization: acme\n  organization_permissions:\n    - organization_member:read,update\n    - \"!organization_member:delete\"",
		examples: []string{
			"rolecall roles apply -f roles.yaml",
			"rolecall roles apply -f roles.yaml --prune --yes",
			"rolecall roles export --org acme | sed s/update/create/ | rolecall roles apply -f - --dry-run",
		},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			fs.StringVarP(&a.file, "file", "f", "", "`FILE` with the roles; - for standard input")
			fs.StringVarP(&a.org, "org", "O", "", "`ORG` for roles that name none, by id or name")
			fs.BoolVar(&a.prune, "prune", false, "delete custom roles that are not in the file, in --org and wherever the file has roles")
			fs.BoolVar(&a.dryRun, "dry-run", false, "change nothing, and print what would change")
			a.flags("yes")(fs)
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			if a.file == "" {
				return usageError("--file is needed; see rolecall help roles apply")
			}
			return asking(ctx, c, func(api *client.Client) error { return a.run(ctx, api, t) })
		},
	}
}

// All steps are planned before the first is made: everything that is wrong with the file is reported at once, and no
// one is asked about half of it.
func (a *roleApply) run(ctx context.Context, api *client.Client, t *terminal) error {
	text, err := t.read(a.file)
	if err != nil {
		return err
	}
	f := &faults{file: a.file}
	if a.file == "-" {
		f.file = "standard input"
	}
	p := rolePlan{faults: f, api: api}
	if err := p.make(ctx, parseRoles(f, text, a.org), a); err != nil {
		return err
	}
	if err := f.err(); err != nil {
		return err
	}
	changes := p.changes()
	about := p.report(false)
	switch {
	case a.dryRun:
		// The exit code tells a pipeline whether file and server differ.
		return t.verdict(len(changes) == 0, about)
	case len(changes) == 0:
		return t.print(p.report(true))
	}
	// The differences are shown above the question: no one could agree to just a number of changes.
	if err := a.confirm(ctx, t, "Make "+counted(len(changes), "change", "changes")+"?", about); err != nil {
		return err
	}
	for i, step := range changes {
		// Each role is a separate request, on the condition that it is still as shown. After a failure the roles before
		// it stay changed, so the message counts them, and repeating the call continues from there.
		if err := step.carryOut(ctx, api); err != nil {
			return fmt.Errorf("%s: %w; %d of %s made before", step.label(), err, i, counted(len(changes), "change was", "changes were"))
		}
	}
	about = p.report(true)
	if !a.yes { // the question showed them
		about.text = sentence("%s", p.summary(true))
	}
	return t.print(about)
}

// summary counts the steps by kind. Unchanged roles are counted too: otherwise a file that changes nothing would seem
// not to have been read.
func (p *rolePlan) summary(done bool) string {
	var parts []string
	for _, kind := range []struct{ change, before, after string }{
		{stepCreate, "to create", "created"}, {stepChange, "to change", "changed"}, {stepDelete, "to delete", "deleted"}, {stepNone, "the same", "the same"},
	} {
		n := 0
		for _, step := range p.steps {
			if step.Change == kind.change {
				n++
			}
		}
		switch {
		case n > 0 && done:
			parts = append(parts, thousands(n)+" "+kind.after)
		case n > 0:
			parts = append(parts, thousands(n)+" "+kind.before)
		}
	}
	if parts == nil {
		return "No roles."
	}
	return "Roles: " + strings.Join(parts, ", ") + "."
}

// report says what each role needs, or needed if it was done. For programs each role is a row; for people each
// difference is a line.
func (p *rolePlan) report(done bool) report {
	steps := append([]*roleStep{}, p.steps...)
	r := report{
		value: map[string]any{"done": done, "roles": steps}, names: []string{},
		head: []string{"NAME", "ORGANIZATION", "CHANGE", "DIFFERENCES", "GAIN OR LOSE"},
	}
	for _, step := range steps {
		affected := 0
		if step.Impact != nil {
			affected = step.Impact.Affected
		}
		r.rows = append(r.rows, []string{step.Name, step.Organization, step.Change, strconv.Itoa(len(step.Differences)), strconv.Itoa(affected)})
		// With --quiet only changed roles are named, so that the names can be piped.
		if step.Change != stepNone {
			r.names = append(r.names, step.Name)
		}
	}
	r.text = func(w io.Writer) {
		for _, step := range p.changes() {
			step.tell(w)
		}
		fmt.Fprintln(w, p.summary(done))
	}
	return r
}

// tell writes the differences of a role, and whom they affect.
func (s *roleStep) tell(w io.Writer) {
	fmt.Fprintf(w, "%s %s\n", map[string]string{stepCreate: "Create", stepChange: "Change", stepDelete: "Delete"}[s.Change], s.label())
	if s.DisplayName != nil {
		fmt.Fprintf(w, "  display name %q → %q\n", s.DisplayName[0], s.DisplayName[1])
	}
	if s.Description != nil {
		fmt.Fprintf(w, "  description %q → %q\n", s.Description[0], s.Description[1])
	}
	for _, d := range s.Differences {
		level := ""
		if d.Level == "user" {
			level = " (own things)"
		}
		fmt.Fprintf(w, "  %s:%s%s: %s → %s\n", d.ResourceType, d.Action, level, strings.ReplaceAll(d.From, "_", " "), strings.ReplaceAll(d.To, "_", " "))
	}
	if s.Impact == nil {
		return
	}
	// For a role that no one holds it would be a sentence of zeros.
	if s.Impact.Members > 0 {
		fmt.Fprintln(w, "  "+impactSentence(*s.Impact))
	}
	if s.Impact.Warning != "" {
		fmt.Fprintln(w, "  Warning: "+s.Impact.Warning)
	}
	var rows [][]string
	for _, row := range impactRows(*s.Impact) {
		rows = append(rows, append([]string{" "}, row...))
	}
	table(w, rows...)
}
