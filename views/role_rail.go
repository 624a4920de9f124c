package views

import (
	"slices"
	"strings"

	"rolecall.example/rbac"
)

// risk is a note about powerful permissions.
type risk struct {
	note  string
	cells []gridCell
}

// risks returns the notes of the catalog about permissions of these scopes, each with its cells. Script shows the notes
// whose permissions are allowed.
func (e RoleEditor) risks(scopes []scope) []risk {
	catalog := e.Catalog
	var out []risk
	for c := range cellsOf(scopes) {
		note := catalog.Risks(c.Permission)
		if note == "" {
			continue
		}
		i := slices.IndexFunc(out, func(r risk) bool { return r.note == note })
		if i < 0 {
			i, out = len(out), append(out, risk{note: note})
		}
		out[i].cells = append(out[i].cells, c)
	}
	return out
}

// pairs lists the pairs concerned, each once, at any level.
func (r risk) pairs() string {
	return strings.Join(each(r.cells, gridCell.String), " ")
}

// allowed names those that are allowed now, for people.
func (r risk) allowed() string {
	given := slices.DeleteFunc(slices.Clone(r.cells), func(c gridCell) bool { return c.value != rbac.Allowed })
	return strings.Join(each(given, gridCell.name), ", ")
}

// each returns the results of of for the cells, each once.
func each(cells []gridCell, of func(gridCell) string) []string {
	var out []string
	for _, c := range cells {
		if s := of(c); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func totals(scopes []scope) counts {
	var n counts
	for _, s := range scopes {
		if s.own {
			n = n.plus(s.counts)
		}
	}
	return n
}
