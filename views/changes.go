package views

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// change is one line of what an entry changed, as in the role editor.
type change struct {
	class, sign string // of its mark
	word, what  string // "Allow", "change an organization"
	note        string
	code        string // the name of a permission, for programmers
	gone        bool   // the catalog no longer has it
}

// fewChanges reports whether a list of changes is short enough to be unfolded.
func fewChanges(list []change) bool { return len(list) <= 12 }

// stateChange makes the line of a permission whose state in a role changed.
func stateChange(catalog *rbac.Catalog, d rbac.Difference) change {
	becomes := stateWords[d.To]
	c := change{becomes.class, becomes.sign, becomes.verb + " ", catalog.Phrase(d.Pair()), levelWord(d.Level), pairName(d.Pair()), false}
	if d.From != rbac.Unset {
		c.note = strings.TrimSpace(c.note + " was " + stateWords[d.From].past)
	}
	return c
}

// goneChanges makes the lines for changed permissions that no longer mean anything, in the words that the catalog had
// for them.
func goneChanges(before, after []org.DeadPermission) (out []change) {
	for _, d := range goneDifferences(before, after) {
		becomes := stateWords[d.to]
		c := change{becomes.class, becomes.sign, becomes.verb + " ", d.Phrase, levelWord(d.Level), pairName(d.pair()), true}
		if d.Removed > 0 {
			c.note = strings.TrimSpace(c.note + " gone since version " + strconv.FormatInt(d.Removed, 10) + " of the catalog")
		}
		out = append(out, c)
	}
	return out
}

// goneDifference is a permission that no longer means anything, with its state before and after.
type goneDifference struct {
	org.DeadPermission
	from, to rbac.State
}

func (d goneDifference) pair() rbac.Permission {
	return rbac.Permission{ResourceType: d.Permission.ResourceType, Action: d.Permission.Action}
}

// goneDifferences compares the permissions without a meaning in two states of a role.
func goneDifferences(before, after []org.DeadPermission) (out []goneDifference) {
	state := func(list []org.DeadPermission, of org.DeadPermission) rbac.State {
		for _, d := range list {
			if d.Level == of.Level && d.Permission.ResourceType == of.Permission.ResourceType && d.Permission.Action == of.Permission.Action {
				if d.Permission.Negate {
					return rbac.Denied
				}
				return rbac.Allowed
			}
		}
		return rbac.Unset
	}
	for _, d := range after {
		if from := state(before, d); from != state(after, d) {
			out = append(out, goneDifference{d, from, state(after, d)})
		}
	}
	for _, d := range before {
		if state(after, d) == rbac.Unset {
			out = append(out, goneDifference{d, state(before, d), rbac.Unset})
		}
	}
	return out
}

// changes returns the lines of what an entry changed.
func (a Audit) changes(e org.AuditEntry) []change {
	var out []change
	for _, d := range permissionChanges(e) {
		out = append(out, stateChange(a.catalogOf(e), d))
	}
	gained, lost := roleChanges(e)
	for _, r := range gained {
		out = append(out, change{class: "add", sign: "+", word: "Given ", what: r})
	}
	for _, r := range lost {
		out = append(out, change{class: "del", sign: "−", word: "Taken ", what: r})
	}
	for _, field := range slices.Sorted(maps.Keys(e.Diff)) {
		switch field {
		case "roles", "rbac_roles", "site_permissions", "org_permissions", "user_permissions", "user_id":
			continue
		}
		c := e.Diff[field]
		if effects, ok := c.New.([]org.CatalogEffect); ok {
			out = append(out, a.effects(a.catalogOf(e), effects)...)
			continue
		}
		if valueText(c.Old) == nothing && c.New == e.ResourceTarget || valueText(c.New) == nothing && c.Old == e.ResourceTarget {
			continue // the sentence says it already
		}
		if c.Secret {
			out = append(out, change{class: "del", sign: "•", what: ui.FieldLabel(field), note: "changed, not recorded"})
			continue
		}
		note := valueText(c.Old) + " → " + valueText(c.New)
		if valueText(c.Old) == nothing {
			note = valueText(c.New)
		}
		out = append(out, change{class: "del", sign: "•", what: ui.FieldLabel(field), note: note})
	}
	return out
}

// catalogOf returns the catalog that has words for what an entry names: the one of its time.
func (a Audit) catalogOf(e org.AuditEntry) *rbac.Catalog {
	if e.Catalog != nil {
		return e.Catalog
	}
	return a.Catalog
}

// effects makes the lines of what a version of the catalog took from roles, in the words of the version before.
func (a Audit) effects(catalog *rbac.Catalog, list []org.CatalogEffect) (out []change) {
	for _, e := range list {
		note := "in the role " + e.Role + ", which " + ui.Plural(int(e.People), "person") + " held"
		if a.Organization == "" {
			note += " in " + e.Organization
		}
		bare, deny := strings.CutPrefix(e.Permission, "!")
		c := change{class: "del", sign: "−", word: "Gone: allow ", note: note}
		if deny {
			c.word = "Gone: deny "
		}
		if resourceType, action, ok := strings.Cut(bare, ":"); ok {
			c.what, c.code = catalog.Phrase(rbac.Permission{ResourceType: resourceType, Action: action}), bare
		} else {
			c.word, c.what = "Gone: ", "the role itself"
		}
		out = append(out, c)
	}
	return out
}

// roleChanges returns the roles that an entry gave and took.
func roleChanges(e org.AuditEntry) (gained, lost []string) {
	for _, field := range []string{"roles", "rbac_roles"} {
		before, after := texts(e.Diff[field].Old), texts(e.Diff[field].New)
		for _, r := range after {
			if !slices.Contains(before, r) {
				gained = append(gained, r)
			}
		}
		for _, r := range before {
			if !slices.Contains(after, r) {
				lost = append(lost, r)
			}
		}
	}
	return gained, lost
}

// permissionChanges returns the permissions that an entry changed in a role.
func permissionChanges(e org.AuditEntry) []rbac.Difference {
	was := func(pick func(org.AuditChange) any) *rbac.Role {
		return &rbac.Role{
			Site:         recorded(pick(e.Diff["site_permissions"])),
			Organization: recorded(pick(e.Diff["org_permissions"])),
			User:         recorded(pick(e.Diff["user_permissions"])),
		}
	}
	return rbac.Diff(was(func(c org.AuditChange) any { return c.Old }), was(func(c org.AuditChange) any { return c.New }))
}

// recorded reads a recorded list of permissions.
func recorded(v any) []rbac.Permission {
	text, _ := json.Marshal(v)
	var list []rbac.Permission
	_ = json.Unmarshal(text, &list) // anything but a list of permissions counts as empty
	return list
}

// texts reads a recorded list of strings.
func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, x := range list {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// nothing stands for an empty value.
const nothing = "nothing"

// valueText writes a recorded value for people.
func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return nothing
	case string:
		return ui.FirstOf(v, nothing)
	case []any:
		return ui.FirstOf(strings.Join(texts(v), ", "), nothing)
	}
	return fmt.Sprint(v)
}
