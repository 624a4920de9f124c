package views

import (
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/org/fold"
	"rolecall.example/rbac"
)

// effArea is an area of everything that a member may do.
type effArea struct {
	id, label    string
	rows         []effRow
	allowed, all int
}

// effRow is one resource type in it.
type effRow struct {
	rbac.ResourceType
	chips   []effChip
	sources []rbac.Match
	implied bool // only the implied roles allow an action
}

// effChip is one action that a role decides.
type effChip struct {
	label, class string // class: "st a", "st d"; "st imp" for what every member may do
	doing, name  string // of the permission
	url          string // URL of the explanation
}

// areas groups the lines by area and type, without those that Find does not match.
func (a ExplainForm) areas() []effArea {
	byType := map[string][]org.EffectivePermission{}
	for _, l := range a.Effective {
		byType[l.Type.Name] = append(byType[l.Type.Name], l)
	}
	var out []effArea
	for _, area := range a.Catalog.Areas() {
		group := effArea{id: "e-" + area.ID, label: area.Label}
		for _, t := range area.Types {
			row := a.row(t, byType[t.Name])
			group.all += len(byType[t.Name])
			for _, c := range row.chips {
				if c.class != "st d" {
					group.allowed++
				}
			}
			if matchesAll(a.Find, row.text(area.Label)) {
				group.rows = append(group.rows, row)
			}
		}
		if len(group.rows) > 0 {
			out = append(out, group)
		}
	}
	return out
}

func (a ExplainForm) row(t rbac.ResourceType, lines []org.EffectivePermission) effRow {
	row := effRow{ResourceType: t}
	for _, l := range lines {
		q := org.Question{Action: l.Action.Name, ResourceType: t.Name}
		trace, chip := l.Anyone, effChip{label: l.Action.Label, class: "st a"}
		switch {
		case l.Anyone.Allowed:
		case l.Own.Allowed:
			trace, q.Own = l.Own, true
			chip.label += " own"
		default:
			if _, denied := l.Own.Decided(); !denied {
				continue
			}
			trace, chip.class = l.Own, "st d"
		}
		if l.Implied {
			row.implied, chip.class = true, "st imp"
		}
		chip.doing, chip.name = q.Doing(a.Catalog), q.Permission().String()
		chip.url = ExplainURL(a.Organization.Name, a.Member.Username, q)
		row.chips = append(row.chips, chip)
		for _, m := range trace.Deciding() {
			known := slices.ContainsFunc(row.sources, func(o rbac.Match) bool { return o.Role == m.Role && o.Org == m.Org })
			if !known && !a.implied(m) {
				row.sources = append(row.sources, m)
			}
		}
	}
	return row
}

// text returns the text that a filter of the rows searches.
func (r effRow) text(area string) string {
	words := []string{area, r.Name, r.Label}
	for _, c := range r.chips {
		words = append(words, c.label, c.doing, c.name)
	}
	for _, m := range r.sources {
		words = append(words, org.RoleLabel(m.Role))
	}
	return strings.Join(words, " ")
}

// matchesAll reports whether text contains all the words.
func matchesAll(words, text string) bool {
	text = fold.Text(text)
	return !slices.ContainsFunc(strings.Fields(fold.Text(words)), func(w string) bool { return !strings.Contains(text, w) })
}
