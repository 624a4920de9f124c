package rbac

import (
	"fmt"
	"iter"
	"slices"
	"sync"
)

// Version is a catalog that is or was in force.
type Version struct {
	Number  int64
	SameAs  int64    // of a rollback: the version whose content it has; otherwise 0
	Catalog *Catalog // needed only for the version that a migration leads to
	Steps   Steps    // from the version before
}

// Migration says what permissions written under one version of a catalog mean in another. It is safe for
// concurrent use.
type Migration struct {
	target *Catalog
	known  *vocabulary // of the version it starts from: names not in it mean nothing
	steps  []*translation
	memory sync.Map // what permissions mean, as allows
}

// NewMigration returns the migration between two versions of a history, which must contain them and all versions in between.
// It panics if one is missing, since denies would be lost. After a rollback, what had been written
// by the version that it leads back to means what it meant in that version.
func NewMigration(history []Version, from, to int64) *Migration {
	versions := make(map[int64]*Version, len(history))
	for i := range history {
		versions[history[i].Number] = &history[i]
	}
	h := past{versions}
	m := &Migration{target: h.version(to).Catalog}
	steps := h.steps(from, to)
	v := newVocabulary(m.target)
	for _, s := range slices.Backward(steps) {
		v.turn(s.inverse())
	}
	m.known = v.clone()
	for _, s := range steps {
		if t := newTranslation(s, v); len(t.pairs) > 0 {
			m.steps = append(m.steps, t)
		}
	}
	return m
}

// Permissions returns what a list of one level of a role means now, sorted, and the permissions that no longer mean anything,
// as in the list. If a pair would be both allowed and denied, only the deny is kept, which gives the same decision.
func (m *Migration) Permissions(_ Level, list []Permission) (live, dead []Permission) {
	for _, p := range list {
		becomes := m.Permission(p)
		if len(becomes) == 0 {
			dead = append(dead, p)
		}
		live = append(live, becomes...)
	}
	SortPermissions(live)
	live = slices.Compact(live)
	live = slices.DeleteFunc(live, func(p Permission) bool {
		deny := p
		deny.Negate = true
		return !p.Negate && slices.Contains(live, deny)
	})
	return live, dead
}

// Permission returns what one permission means now: nothing, one permission, or an action of every type with some pairs
// that have another action now.
func (m *Migration) Permission(p Permission) []Permission {
	list := slices.Clone(m.becomes(p.pair()))
	for i := range list {
		list[i].Negate = p.Negate
	}
	return list
}

func (m *Migration) becomes(allow Permission) []Permission {
	if list, known := m.memory.Load(allow); known {
		return list.([]Permission)
	}
	var list []Permission
	if m.known.has(allow) {
		list = append(list, allow)
	}
	for _, t := range m.steps {
		var next []Permission
		for _, p := range list {
			next = t.of(p, next)
		}
		list = next
	}
	if m.known.has(allow) { // any other name could come up
		m.memory.Store(allow, list)
	}
	return list
}

// Known returns every permission of the version in which the migration starts, with and without wildcards, as allows
// and in no order.
func (m *Migration) Known() iter.Seq[Permission] { return m.known.all }

// Pair returns what a permission means now. It is false if it means nothing, or more than one permission.
func (m *Migration) Pair(p Permission) (Permission, bool) {
	if list := m.Permission(p); len(list) == 1 {
		return list[0], true
	}
	return p, false
}

// Compile returns a custom role ready for decisions in the version that the migration leads to, and a role with the
// permissions that no longer mean anything.
func (m *Migration) Compile(r *Role) (now, dead *Role) {
	live := Role{Name: r.Name, DisplayName: r.DisplayName}
	dead = &Role{Name: r.Name, DisplayName: r.DisplayName}
	live.Site, dead.Site = m.Permissions(LevelSite, r.Site)
	live.Organization, dead.Organization = m.Permissions(LevelOrganization, r.Organization)
	live.User, dead.User = m.Permissions(LevelUser, r.User)
	return m.target.Compile(live), dead
}

// past finds the path through a history.
type past struct{ versions map[int64]*Version }

func (h past) version(number int64) *Version {
	v := h.versions[number]
	if v == nil {
		panic(fmt.Sprintf("rbac: version %d of the catalog is missing", number))
	}
	return v
}

// content returns the first version with the same content.
func (h past) content(number int64) int64 {
	for {
		v := h.version(number)
		if v.SameAs == 0 {
			return number
		}
		number = v.SameAs
	}
}

// steps returns the steps from one version to another. The path is found from its end: a rollback is read like the version
// whose content it has, if that is not older than what was written. A reader that is slightly behind may see a role that
// was written under a later version: then the steps are reversed.
func (h past) steps(from, to int64) (steps []step) {
	for at := from; at > to; at-- {
		steps = append(steps, newStep(h.version(at).Steps).inverse())
	}
	first := map[int64]int64{} // by content: the first version with it that is not older
	for at := to; at >= from; at-- {
		first[h.content(at)] = at
	}
	for at := to; at > from; {
		if same := first[h.content(at)]; same < at {
			at = same
			continue
		}
		steps = append(steps, newStep(h.version(at).Steps))
		at--
	}
	if to > from {
		slices.Reverse(steps)
	}
	return steps
}
