package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// termFlags registers the flags for the end and the reason of what a command gives.
func termFlags(fs *pflag.FlagSet, t *client.Terms) {
	fs.Var(&end{&t.Until, time.Now}, "until", "`END` of what is given: 30d, 12h, a day, a time with its zone, or none")
	fs.Var(given{&t.Reason}, "reason", "`TEXT` that says why, for later readers")
}

// roleHolder says whose roles a command changes, and how: a member's in an organization, or an account's on the site.
type roleHolder struct {
	username, tag string
	roles         []client.RoleRef

	set        func(roles []string, o ...client.Option) (any, []client.RoleRef, error)
	previewSet func(roles []string, o ...client.Option) (client.Impact, error)
	put        func(role string, terms client.Terms, o ...client.Option) (client.Assignment, error)
	previewPut func(role string, terms client.Terms, o ...client.Option) (client.Impact, error)
}

// give keeps the records of roles that are already held, unless an end or a reason is given: then every role gets
// those.
func (q *query) give(t *terminal, h roleHolder, named []string, terms client.Terms) error {
	if terms != (client.Terms{}) || slices.Contains(named, client.OrganizationMember) {
		return q.giveEach(t, h, named, terms)
	}
	roles := strings.Fields(roleNames(h.roles))
	for _, name := range named {
		if !slices.Contains(roles, name) {
			roles = append(roles, name)
		}
	}
	return q.setRoles(t, h, roles)
}

func (q *query) take(t *terminal, h roleHolder, named []string) error {
	roles := slices.DeleteFunc(strings.Fields(roleNames(h.roles)), func(name string) bool { return slices.Contains(named, name) })
	return q.setRoles(t, h, roles)
}

// setRoles asks no question: what it takes away can be given back, also with undo. The API only replaces the whole set,
// so a condition protects roles that someone else gave in the meantime.
func (q *query) setRoles(t *terminal, h roleHolder, roles []string) error {
	condition := q.match(h.tag)
	if q.dryRun {
		impact, err := h.previewSet(roles, condition...)
		if err != nil {
			return err
		}
		return t.print(impactReport(impact, impact))
	}
	value, held, err := h.set(roles, condition...)
	if err != nil {
		return err
	}
	return t.print(report{
		value: value, head: []string{"USERNAME", "ROLES"}, rows: [][]string{{h.username, roleNames(held)}},
		text: func(w io.Writer) { fmt.Fprintln(w, holds(h.username, held)) },
	})
}

// giveEach sets the record of each role to what the command line says. Each is a request on the condition that the
// previous one was the last change. Completed ones stay, and repeating the call leaves them unchanged.
func (q *query) giveEach(t *terminal, h roleHolder, roles []string, terms client.Terms) error {
	if q.dryRun {
		if len(roles) > 1 { // a single one may be allowed where all together are not
			return usageError("--dry-run with --until or --reason is about one ROLE")
		}
		impact, err := h.previewPut(roles[0], terms, q.match(h.tag)...)
		if err != nil {
			return err
		}
		return t.print(impactReport(impact, impact))
	}
	var made []client.Assignment
	for _, role := range roles {
		a, err := h.put(role, terms, append(q.match(h.tag), client.GetETag(&h.tag))...)
		switch {
		case err == nil:
			made, q.ifMatch = append(made, a), "" // it has been compared
		case len(made) == 0:
			return err
		default:
			return fmt.Errorf("%w; %s before", err, counted(len(made), "role was given", "roles were given"))
		}
	}
	return t.print(recordsReport(h.username, made))
}

// recordsReport shows records: what is held until when, and why.
func recordsReport(username string, made []client.Assignment) report {
	r := report{value: made, head: []string{"USERNAME", "ROLE", "UNTIL", "WHY"}, names: []string{}}
	for _, a := range made {
		r.rows = append(r.rows, []string{username, a.Role, until(a.Until), a.Reason})
		r.names = append(r.names, a.Role)
	}
	r.text = func(w io.Writer) {
		for _, a := range made {
			what := "has " + a.Role
			if a.Role == client.OrganizationMember {
				what = "is a member"
			}
			if a.Until == nil {
				fmt.Fprintf(w, "%s %s now, without an end.\n", username, what)
				continue
			}
			fmt.Fprintf(w, "%s %s until %s now.\n", username, what, until(a.Until))
		}
	}
	return r
}

// until writes an end in the local time zone; a dash means none.
func until(end *time.Time) string {
	if end == nil {
		return "–"
	}
	return end.Local().Format("2006-01-02 15:04")
}

// holds says which roles an account holds.
func holds(username string, roles []client.RoleRef) string {
	if len(roles) == 0 {
		return username + " has no role now."
	}
	return username + " has " + strings.Join(strings.Fields(roleNames(roles)), ", ") + " now."
}
