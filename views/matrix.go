package views

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/org/fold"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// Which rows a matrix has: those that any of its roles allows or denies, those in which the roles differ, or every
// permission.
const (
	MatrixSet  = "set"
	MatrixDiff = "diff"
	MatrixAll  = "all"
)

// MatrixShows are the values of the parameter "show"; the first one is the default.
var MatrixShows = []string{MatrixSet, MatrixDiff, MatrixAll}

// How many columns a matrix has on a page: the chosen roles, or otherwise those that most people have.
const (
	matrixColumns    = 12
	matrixMaxColumns = 40
)

// Matrix compares the roles of an organization or of the site with all permissions.
type Matrix struct {
	List    org.RolePage // all roles, with the numbers of people
	Catalog *rbac.Catalog
	Chosen  []string // names of the roles that are columns; if empty, those that most people have
	Show    string
	Query   string
	Print   bool         // the page is to be printed: it has all roles, in tables that fit on paper
	Levels  []rbac.Level // of the rows; if empty, those that roles of the place can have
}

// MatrixRow is a permission at a level, with what each role says of it.
type MatrixRow struct {
	Permission rbac.Permission
	Level      rbac.Level
	Label      string
	States     []rbac.State
}

// matrixArea has the rows of an area of the catalog.
type matrixArea struct {
	label string
	rows  []MatrixRow
}

func (m Matrix) name() string { return m.List.Organization.Name }
func (m Matrix) ofSite() bool { return m.name() == "" }

// AllChosen returns the chosen roles, or otherwise all: custom ones by name, followed by built-in ones.
func (m Matrix) AllChosen() []org.Role {
	if len(m.Chosen) == 0 {
		return m.List.Roles
	}
	return slices.DeleteFunc(slices.Clone(m.List.Roles), func(r org.Role) bool { return !slices.Contains(m.Chosen, r.Name) })
}

// columns returns the roles that a page shows, in the same order.
func (m Matrix) columns() []org.Role {
	roles := m.AllChosen()
	if m.Print {
		return roles
	}
	if len(m.Chosen) > 0 {
		return roles[:min(len(roles), matrixMaxColumns)]
	}
	if len(roles) > matrixColumns {
		roles = slices.Clone(roles)
		most := slices.Clone(roles)
		slices.SortStableFunc(most, func(x, y org.Role) int { return cmp.Compare(y.Members, x.Members) })
		most = most[:matrixColumns]
		roles = slices.DeleteFunc(roles, func(r org.Role) bool {
			return !slices.ContainsFunc(most, func(o org.Role) bool { return o.Name == r.Name })
		})
	}
	return roles
}

// EachRow calls fn for each row about these roles that matches the query.
func (m Matrix) EachRow(roles []org.Role, fn func(MatrixRow) error) error {
	for _, a := range m.areas(roles) {
		for _, r := range a.rows {
			if err := fn(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// areas returns these rows by area.
func (m Matrix) areas(roles []org.Role) (areas []matrixArea) {
	compiled := make([]*rbac.Role, len(roles))
	for i := range roles {
		compiled[i] = m.Catalog.Compile(*roles[i].Rules())
	}
	levels := m.Levels
	switch {
	case levels != nil:
	case m.ofSite():
		levels = []rbac.Level{rbac.LevelSite, rbac.LevelUser}
	default:
		levels = []rbac.Level{rbac.LevelOrganization}
	}
	query := fold.Text(strings.TrimSpace(m.Query))
	for _, a := range m.Catalog.Areas() {
		area := matrixArea{label: a.Label}
		for _, t := range a.Types {
			for _, action := range t.Actions {
				for _, l := range levels {
					if t.SiteOnly && l == rbac.LevelOrganization {
						continue // no role of that level can reach it
					}
					r := MatrixRow{rbac.Permission{ResourceType: t.Name, Action: action.Name}, l, t.Label + ": " + action.Label, nil}
					if l == rbac.LevelUser {
						if !m.Catalog.Owned(t.Name) {
							continue
						}
						r.Label += ", their own"
					}
					if l == rbac.LevelSite && !m.ofSite() {
						r.Label += ", on the whole site"
					}
					if r.States = statesOf(m.Catalog, compiled, r); m.shows(r, a.Label, query) {
						area.rows = append(area.rows, r)
					}
				}
			}
		}
		if len(area.rows) > 0 {
			areas = append(areas, area)
		}
	}
	return areas
}

// statesOf returns what roles say about a permission, including wildcards: a deny overrides.
func statesOf(c *rbac.Catalog, roles []*rbac.Role, r MatrixRow) []rbac.State {
	states := make([]rbac.State, len(roles))
	n, _ := c.Number(r.Permission)
	for i := range roles {
		allow, deny := roles[i].Bits(r.Level)
		switch word, bit := n/64, uint64(1)<<(n%64); {
		case word < len(deny) && deny[word]&bit != 0:
			states[i] = rbac.Denied
		case word < len(allow) && allow[word]&bit != 0:
			states[i] = rbac.Allowed
		}
	}
	return states
}

// shows reports whether to show a row.
func (m Matrix) shows(r MatrixRow, area, query string) bool {
	if query != "" && !slices.ContainsFunc([]string{r.Permission.String(), r.Label, m.Catalog.Phrase(r.Permission), area}, func(text string) bool {
		return strings.Contains(fold.Text(text), query)
	}) {
		return false
	}
	switch m.Show {
	case MatrixAll:
		return true
	case MatrixDiff:
		return slices.ContainsFunc(r.States, func(s rbac.State) bool { return s != r.States[0] })
	}
	return slices.ContainsFunc(r.States, func(s rbac.State) bool { return s != rbac.Unset })
}

// matrixBlock is a part of the columns of a matrix: all of them on a screen, as many as fit on paper.
type matrixBlock struct{ from, to int }

// blocks divides the columns of a matrix. On paper each part is a table with all rows.
func (m Matrix) blocks(columns int, areas []matrixArea) []matrixBlock {
	if !m.Print {
		return []matrixBlock{{0, columns}}
	}
	most := max(1, PrintedRows/max(1, matrixRows(areas)))
	var list []matrixBlock
	for from := 0; from < columns && len(list) < most; from += matrixColumns {
		list = append(list, matrixBlock{from, min(from+matrixColumns, columns)})
	}
	return list
}

func matrixRows(areas []matrixArea) int {
	n := 0
	for _, a := range areas {
		n += len(a.rows)
	}
	return n
}

// matrixSize describes the size of the table.
func matrixSize(areas []matrixArea, columns int) string {
	return ui.Plural(matrixRows(areas), "permission") + " × " + ui.Plural(columns, "role")
}

// left says which roles are not columns, "" if all are.
func (m Matrix) left(columns int) string {
	switch all := len(m.List.Roles); {
	case columns == all:
		return ""
	case len(m.Chosen) > columns:
		return "At most " + ui.Thousands(matrixMaxColumns) + " roles stand side by side. The CSV has all that were chosen."
	case len(m.Chosen) > 0:
		return ""
	default:
		return "These are the " + ui.Thousands(columns) + " of " + ui.Thousands(all) + " roles that most people have. Choose others under Roles; the CSV has all."
	}
}

// url returns the URL of the matrix with another choice.
func (m Matrix) url(change func(*Matrix)) string {
	change(&m)
	q := url.Values{"view": {"matrix"}}
	if m.Query != "" {
		q.Set("q", m.Query)
	}
	if m.Show != MatrixShows[0] {
		q.Set("show", m.Show)
	}
	for _, name := range m.Chosen {
		q.Add("role", name)
	}
	return ui.URL(RolesURL(m.name()), q)
}

// here returns the URL of the matrix as it is.
func (m Matrix) here() string { return m.url(func(*Matrix) {}) }

func (m Matrix) filters() []ui.Filter {
	options := make([]ui.Option, len(m.List.Roles))
	for i, r := range m.List.Roles {
		options[i] = ui.Option{Value: r.Name, Label: r.Label(), On: slices.Contains(m.Chosen, r.Name)}
	}
	return []ui.Filter{{Name: "role", Label: "Roles", Options: options, Off: m.url(func(m *Matrix) { m.Chosen = nil })}}
}

// clearURL returns the URL of the matrix without search and chosen roles, "" if there are none.
func (m Matrix) clearURL() string {
	if m.Query == "" && len(m.Chosen) == 0 {
		return ""
	}
	return m.url(func(m *Matrix) { m.Query, m.Chosen = "", nil })
}
