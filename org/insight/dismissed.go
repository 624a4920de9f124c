package insight

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// dismissals holds the dismissed findings of an organization, by their ids.
type dismissals struct {
	findings map[string]db.ListDismissedFindingsRow
	of       map[uuid.UUID]*dismissal
	next     time.Time // when the first of them ends; zero: there is none
}

// dismissal is a dismissal with what the roles of its findings gave when it was made, sorted.
type dismissal struct {
	org.Dismissal
	gave  map[string][]string
	grown map[string]bool // whether a role gives more by now, once that was asked
}

// dismissed reads the dismissals of an organization, in one query if there are none and in two otherwise.
func dismissed(ctx context.Context, src unit.Reader, organization uuid.UUID) (*dismissals, error) {
	d := &dismissals{findings: map[string]db.ListDismissedFindingsRow{}, of: map[uuid.UUID]*dismissal{}}
	rows, err := src.Q.ListDismissals(ctx, db.ListDismissalsParams{OrganizationID: organization, Now: src.When})
	if err != nil || len(rows) == 0 {
		return d, err
	}
	for _, r := range rows {
		one := &dismissal{grown: map[string]bool{}, Dismissal: unit.DismissalOf(r.ID, r.Reason, r.DismissedByName, r.Username.String, r.Name.String, r.CreatedAt, r.EndsAt)}
		if err := json.Unmarshal([]byte(r.Gives), &one.gave); err != nil {
			return nil, fmt.Errorf("dismissal %s: %w", r.ID, err)
		}
		if d.of[r.ID] = one; d.next.IsZero() || r.EndsAt.Before(d.next) {
			d.next = r.EndsAt
		}
	}
	findings, err := src.Q.ListDismissedFindings(ctx, db.ListDismissedFindingsParams{OrganizationID: organization, Now: src.When})
	for _, f := range findings {
		d.findings[f.Finding] = f
		d.of[f.DismissalID].Findings++
	}
	return d, err
}

// people returns how many dismissed findings a rule has. It is for rules about people.
func (d *dismissals) people(rule string) (n int) {
	for _, f := range d.findings {
		if f.Rule == rule {
			n++
		}
	}
	return n
}

// dismissal returns the dismissal of a finding, nil if the finding is open: it was never dismissed, or it has become worse since.
// It is worse if it concerns more people or another role, or if one of its roles gives more.
func (l *linter) dismissal(f *org.LintFinding) *org.Dismissal {
	row, ok := l.dismissed.findings[f.ID]
	if !ok || f.People > int(row.People) {
		return nil
	}
	d := l.dismissed.of[row.DismissalID]
	roles := strings.Fields(row.Roles)
	for _, name := range f.Roles {
		if !slices.Contains(roles, name) || l.grown(d, name) {
			return nil
		}
	}
	return &d.Dismissal
}

// grown reports whether a role gives something that it did not give when a finding about it was dismissed.
func (l *linter) grown(d *dismissal, role string) bool {
	grown, known := d.grown[role]
	if !known {
		grown = slices.ContainsFunc(l.gives(role), func(p string) bool {
			_, found := slices.BinarySearch(d.gave[role], p)
			return !found
		})
		d.grown[role] = grown
	}
	return grown
}

// gives returns what a role lets a member do who holds nothing else, sorted: in the organization, with their own things there,
// and on the site. If a deny goes away, the role gives more too.
func (l *linter) gives(role string) []string {
	if list, known := l.given[role]; known {
		return list
	}
	var list []string
	if r := l.set.ByName[role]; r != nil {
		id := l.home.Org.ID
		alone := l.Catalog().NewSubject(unit.Anyone, []rbac.ID{id}, []rbac.Grant{{Role: r.Compiled, Org: id}})
		for _, of := range []struct {
			where string
			rbac.Object
		}{{"", rbac.Object{Org: id}}, {"own ", rbac.Object{Org: id, Owner: unit.Anyone}}, {"site ", rbac.Object{}}} {
			for _, p := range alone.Allowed(of.Object).Minus(rbac.Set{}) {
				list = append(list, of.where+p.String())
			}
		}
	}
	slices.Sort(list)
	l.given[role] = list
	return list
}

// Undismissed returns the findings that are open.
func Undismissed(found []org.LintFinding) []org.LintFinding {
	return slices.DeleteFunc(slices.Clone(found), func(f org.LintFinding) bool { return f.Dismissal != nil })
}

// Dismissed returns the findings that are dismissed.
func Dismissed(found []org.LintFinding) []org.LintFinding {
	return slices.DeleteFunc(slices.Clone(found), func(f org.LintFinding) bool { return f.Dismissal == nil })
}

// FindingsToDismiss fills in which findings with these ids exist, and what the roles that they are about give. Errors as Lint.
func (s *Service) FindingsToDismiss(ctx context.Context, subject *org.Actor, organization string, in org.Dismissing) (_ org.Dismissing, err error) {
	defer org.Wrap(&err, "look for findings to dismiss in %q", organization)
	l, err := s.lint(ctx, subject, organization)
	if err != nil {
		return in, err
	}
	in.Gives = map[string][]string{}
	for _, f := range l.found {
		if slices.Contains(in.Findings, f.ID) {
			in.Found = append(in.Found, f)
			for _, name := range f.Roles {
				in.Gives[name] = l.gives(name)
			}
		}
	}
	return in, nil
}

// except takes the dismissed findings about people out of a tally. What these people hold decides whether a finding still
// exists, and whether it is worse.
func (t *tally) except(ctx context.Context, c *unit.Crowd, l *linter) error {
	about := map[uuid.UUID][]db.ListDismissedFindingsRow{}
	for _, f := range l.dismissed.findings {
		if f.UserID.Valid {
			about[f.UserID.UUID] = append(about[f.UserID.UUID], f)
		}
	}
	idle := map[unit.Holding][]idleRole{}
	for piece := range slices.Chunk(unit.SortedIDs(about), unit.ChunkSize) {
		members, err := c.HoldingsOf(ctx, piece)
		if err != nil {
			return err
		}
		for _, m := range members {
			if m.Holding.Roles == "" {
				continue
			}
			if _, known := idle[m.Holding]; !known {
				if idle[m.Holding], err = idleRoles(ctx, c, m.Holding); err != nil {
					return err
				}
			}
			for _, f := range l.findingsOf(m, idle[m.Holding]) {
				if l.dismissal(&f) != nil {
					t.add(f.Rule, f.Role.Label(), -1)
				}
			}
		}
	}
	return nil
}

// findingsOf returns what is wrong with what a member holds, without naming the member.
func (l *linter) findingsOf(m unit.HeldBy, idle []idleRole) (found []org.LintFinding) {
	for _, i := range idle {
		found = append(found, l.redundant(i, m.User))
	}
	if m.Status == org.StatusSuspended {
		found = append(found, l.suspension(m.User, strings.Fields(m.Holding.Roles)))
	}
	return found
}
