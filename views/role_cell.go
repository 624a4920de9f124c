package views

import (
	"strconv"
	"strings"

	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// gridCell is one pair at one level: not set, allowed or denied.
type gridCell struct {
	rbac.Permission
	typeLabel, label, description string

	level    rbac.Level
	index    int         // of the action among those of the wildcard row
	value    rbac.State  // as it stands in the form
	stored   rbac.State  // as it is stored
	noAllow  string      // why it must not be allowed, "" if it may
	noDeny   string      // why it must not be denied
	effect   rbac.Effect // of allowing it
	covered  bool        // the wildcard row decides it, which the stylesheet shows as it is edited
	star     rbac.State  // what the wildcard row says of the action, where the stylesheet does not tell
	errors   []string
	editable bool
	fading   string // that the permission is deprecated, and what to use instead; "" if it is not
	hidden   bool   // nothing is set of a deprecated permission
}

func (c gridCell) field() string { return cellField(c.level, c.Permission) }
func (c gridCell) id() string    { return "c." + c.field() }

// locks reports which of the three choices are disabled. The stored one may always stay; taking a deny away needs the
// same right as giving it.
func (c gridCell) locks() (unset, allow, deny bool) {
	unset = c.stored == rbac.Denied && c.noDeny != ""
	allow = c.stored != rbac.Allowed && (c.noAllow != "" || unset)
	deny = c.stored != rbac.Denied && c.noDeny != ""
	return unset, allow, deny
}

// locked is why the cell cannot be changed at all, "" if it can.
func (c gridCell) locked() string {
	unset, allow, deny := c.locks()
	if (c.stored == rbac.Unset && allow && deny) || (c.stored == rbac.Denied && unset && allow) {
		return ui.FirstOf(c.noAllow, c.noDeny)
	}
	return ""
}

// meaning says what the permission is; what there is to know of it in this role stands once for all cells (see described).
func (c gridCell) meaning() string {
	return strings.TrimSpace(ui.Sentence(c.description) + " " + ui.Sentence(c.fading))
}

func (c gridCell) class() string {
	class := "cell k" + strconv.Itoa(c.index)
	if c.editable && c.locked() != "" {
		class += " lk"
	}
	if c.fading != "" {
		class += " dep"
	}
	if c.star != rbac.Unset && c.index >= styledActions && c.ResourceType != rbac.Wildcard {
		class += map[rbac.State]string{rbac.Allowed: " wa", rbac.Denied: " wd"}[c.star]
	}
	if effectText[c.effect] != "" && !c.covered {
		class += " gh"
	}
	if c.effect == rbac.EveryoneHasOwn && !c.covered {
		class += " own"
	}
	return class
}

// styledActions is for how many actions of the wildcard row the stylesheet shows at once what they reach; see the rules with .k0
// in app.css. Cells of further ones have a class for it, which the script keeps up.
const styledActions = 24

// lockID is where the page says why cells are locked.
const lockID = "lock"

// described lists the ids of what describes the cell besides its name. The script gives the meanings ids and puts its own first: said
// here, these hundreds would be a large part of the page.
func (c gridCell) described() string {
	var ids []string
	if effectText[c.effect] != "" {
		ids = append(ids, effectID(c.effect))
	}
	if c.editable && c.locked() != "" {
		ids = append(ids, lockID)
	}
	if len(c.errors) > 0 {
		ids = append(ids, c.id()+"-error")
	}
	return strings.Join(ids, " ")
}

// effectID is where the text of an effect stands in the page.
func effectID(e rbac.Effect) string { return "effect-" + strconv.Itoa(int(e)) }

// name says which permission it is.
func (c gridCell) name() string { return c.typeLabel + ": " + c.inRow() }

// inRow is the label of the cell for those who do not see how it is marked, in its row, which has the name of the type. The script
// puts that before it: said here, it would be a tenth of the page.
func (c gridCell) inRow() string {
	if c.fading != "" {
		return c.label + ", deprecated"
	}
	return c.label
}

// fade marks the cell of a deprecated permission. Nobody is to begin with one, so it is hidden where it is not set, unless
// the row for every type decides it: there it counts and is shown.
func (c *gridCell) fade(catalog *rbac.Catalog, values *rbac.Role) {
	use, _, ok := catalog.Deprecated(c.Permission)
	if !ok {
		return
	}
	if use != "" {
		use = catalog.ActionLabel(use)
	}
	c.fading = deprecation(use)
	c.hidden = c.value == rbac.Unset && c.stored == rbac.Unset && len(c.errors) == 0 &&
		values.State(c.level, rbac.Wildcard, c.Action) == rbac.Unset
}

// divide sorts the rows into areas. Types on which nothing here has an effect are one area at the end.
func (s *scope) divide(catalog *rbac.Catalog, values *rbac.Role, cell func(string, string, rbac.ActionInfo) gridCell) {
	moot := gridArea{id: "a-" + s.key + "-moot", label: "No effect in an organization role", moot: true}
	if s.level == rbac.LevelUser {
		moot.label = "No effect: no one owns these"
	}
	for _, a := range catalog.Areas() {
		area := gridArea{id: "a-" + s.key + "-" + a.ID, label: a.Label}
		var types []string
		for _, t := range a.Types {
			row := s.newRow(t.Name, t.Label, t.Actions, cell)
			if !s.own && !anySet(row.cells()) {
				continue // of a level that roles of this kind don't have, only rows with permissions are worth their bytes
			}
			if s.own && (s.level == rbac.LevelOrganization && catalog.SiteOnly(t.Name) || s.level == rbac.LevelUser && !catalog.Owned(t.Name)) {
				moot.take(row)
				continue
			}
			area.rows, types = append(area.rows, row), append(types, t.Name)
		}
		if len(area.rows) == 0 {
			continue
		}
		area.counts = countAt(values, s.level, types...)
		for _, r := range area.rows {
			area.counts.total -= r.hidden
		}
		s.areas = append(s.areas, area)
		s.counts = s.counts.plus(area.counts)
	}
	if len(moot.rows)+len(moot.others) > 0 {
		s.areas = append(s.areas, moot)
	}
}
