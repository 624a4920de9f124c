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
	index    int         // of the action in the wildcard row
	value    rbac.State  // as it stands in the form
	stored   rbac.State  // as it is stored
	noAllow  string      // why it must not be allowed, "" if it may
	noDeny   string      // why it must not be denied
	effect   rbac.Effect // why allowing it has less effect than it seems, or none
	covered  bool        // the wildcard row decides it; the stylesheet shows that during editing
	star     rbac.State  // what the wildcard row says about the action, where the stylesheet can't show it
	errors   []string
	editable bool
	fading   string // the notice that the permission is deprecated, and its replacement; "" if it is not
	hidden   bool   // a deprecated permission that is not set
}

func (c gridCell) field() string { return cellField(c.level, c.Permission) }
func (c gridCell) id() string    { return "c." + c.field() }

// locks reports which of the three choices are disabled. The stored one is always allowed; taking a deny away needs the
// same right as giving it.
func (c gridCell) locks() (unset, allow, deny bool) {
	unset = c.stored == rbac.Denied && c.noDeny != ""
	allow = c.stored != rbac.Allowed && (c.noAllow != "" || unset)
	deny = c.stored != rbac.Denied && c.noDeny != ""
	return unset, allow, deny
}

// locked says why the cell cannot be changed at all, "" if it can.
func (c gridCell) locked() string {
	unset, allow, deny := c.locks()
	if (c.stored == rbac.Unset && allow && deny) || (c.stored == rbac.Denied && unset && allow) {
		return ui.FirstOf(c.noAllow, c.noDeny)
	}
	return ""
}

// meaning says what the permission does; notes about it in this role are written once for all cells (see described).
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

// styledActions is for how many actions of the wildcard row the stylesheet shows at once which cells they reach; see
// the rules with .k0 in app.css. Cells for more actions have a class instead, which the script updates.
const styledActions = 24

// lockID is the id of the text that says why cells are locked.
const lockID = "lock"

// described lists the ids of what describes the cell besides its name. The script gives ids to the meanings and adds
// them in front: written here, these hundreds would be a large part of the page.
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

// effectID returns the id of the text of an effect on the page.
func effectID(e rbac.Effect) string { return "effect-" + strconv.Itoa(int(e)) }

// name names the permission.
func (c gridCell) name() string { return c.typeLabel + ": " + c.inRow() }

// inRow returns the label of the cell for people who cannot see how it is marked. The row has the name of the type,
// which the script puts in front: written here, it would be a tenth of the page.
func (c gridCell) inRow() string {
	if c.fading != "" {
		return c.label + ", deprecated"
	}
	return c.label
}

// fade marks the cell of a deprecated permission. No one should start using it, so it is hidden while it is not set,
// unless the row for every type decides it: there it counts and is shown.
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

// divide sorts the rows into areas. Types for which nothing here has an effect form one area at the end.
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
				continue // at a level that roles of this kind don't have, only rows with permissions are shown
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
