package idpsync

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// wanted is what rules give a person with some claims. It is pure: the same rules and claims always give the same.
type wanted struct {
	places map[uuid.UUID]string            // organizations to belong to, and what gives each membership
	roles  map[uuid.UUID]map[string]string // likewise roles, by organization
	site   map[string]string

	// What stays as it is, since the claim that decides about it is silent.
	silent struct {
		places, site bool
		roles        map[uuid.UUID]bool
	}
	ruled bool // there are rules for memberships

	states    map[string]org.ClaimState // by claim
	unmatched []string                  // values that no rule has
}

// ruleSet is a rule set with its patterns separated, so that an exact key is found without trying each pattern.
type ruleSet struct {
	org.SyncRules
	patterns []string
	hushed   bool // it decides, but its claim is not shown
}

// rulebook is all rule sets of a provider.
type rulebook []ruleSet

func newRulebook(all []org.SyncRules) rulebook {
	book := make(rulebook, 0, len(all))
	for _, r := range all {
		set := ruleSet{SyncRules: r}
		for key := range r.Mapping {
			if strings.HasPrefix(key, org.SyncGlob) && r.Kind != org.SyncSiteRoles {
				set.patterns = append(set.patterns, key)
			}
		}
		slices.Sort(set.patterns)
		book = append(book, set)
	}
	return book
}

// hush marks the rule sets that the caller may not read.
func (book rulebook) hush(by *org.Actor) {
	for i := range book {
		book[i].hushed = !by.Can("read", settingsOf(book[i].Organization.ID))
	}
}

// targets returns what a rule set gives for a value; known is false if it has no rule for it.
func (r *ruleSet) targets(value string) (list []string, known bool) {
	if !strings.HasPrefix(value, org.SyncGlob) { // a value must not be taken for a pattern
		list, known = r.Mapping[value]
		list = slices.Clone(list)
	}
	for _, key := range r.patterns {
		if org.SyncKeyMatches(key, value) {
			list, known = append(list, r.Mapping[key]...), true
		}
	}
	return list, known
}

// desire computes what the rules of a provider give a person. home is the default organization, uuid.Nil if there is none.
func (book rulebook) desire(p *org.Provider, claims map[string]any, home uuid.UUID) *wanted {
	w := &wanted{
		places: map[uuid.UUID]string{}, roles: map[uuid.UUID]map[string]string{}, site: map[string]string{},
		states: map[string]org.ClaimState{},
	}
	w.silent.roles = map[uuid.UUID]bool{}
	// Only one rule set may use a value, so which values are unmatched is known only at the end.
	met := map[string]bool{} // values, and whether some rule has them
	for i := range book {
		set := &book[i]
		if set.Field == "" {
			continue
		}
		values, state := lookUp(p, claims, set.Field)
		if !set.hushed {
			w.states[set.Field] = state
		}
		w.ruled = w.ruled || set.Kind == org.SyncOrganizations
		if !state.Says() {
			w.beSilent(set)
			continue
		}
		if set.Kind == org.SyncOrganizations && set.AssignDefault && home != uuid.Nil {
			w.places[home] = reference(set.Kind, "")
		}
		for _, value := range values {
			targets, known := set.targets(value)
			if !set.hushed {
				met[value] = met[value] || known
			}
			w.give(set, value, targets)
		}
	}
	for value, known := range met {
		if !known {
			w.unmatched = append(w.unmatched, value)
		}
	}
	slices.Sort(w.unmatched)
	return w
}

// beSilent marks the part of a rule set as staying as it is.
func (w *wanted) beSilent(set *ruleSet) {
	switch set.Kind {
	case org.SyncOrganizations:
		w.silent.places = true
	case org.SyncRoles:
		w.silent.roles[set.Organization.ID] = true
	case org.SyncSiteRoles:
		w.silent.site = true
	}
}

// give adds what a value gives. If several values give the same, the first one by name is recorded as its source.
func (w *wanted) give(set *ruleSet, value string, targets []string) {
	// The recorded source must not change from one sign-in to the next, or each would write: values are sorted.
	ref := reference(set.Kind, value)
	for _, target := range targets {
		switch set.Kind {
		case org.SyncOrganizations:
			if id, err := uuid.Parse(target); err == nil && (w.places[id] == "" || w.places[id] == reference(set.Kind, "")) {
				w.places[id] = ref
			}
		case org.SyncRoles:
			id := set.Organization.ID
			if w.roles[id] == nil {
				w.roles[id] = map[string]string{}
			}
			addFirst(w.roles[id], target, ref, org.RoleOrganizationUser)
		case org.SyncSiteRoles:
			addFirst(w.site, target, ref, org.RoleMember)
		}
	}
}

// addFirst records what gives a role, unless something does already. The role that everybody holds is not given.
func addFirst(roles map[string]string, role, ref, implied string) {
	if _, given := roles[role]; !given && role != implied {
		roles[role] = ref
	}
}

// maxReference is how long a reference may be: a value may have any length.
const maxReference = 300

// reference returns what gives something: the kind of rule, and the value of the claim.
func reference(kind org.SyncKind, value string) string {
	ref := string(kind) + ":" + strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return -1
		}
		return r
	}, value)
	if len(ref) <= maxReference {
		return ref
	}
	end := maxReference
	for !utf8.RuneStart(ref[end]) {
		end--
	}
	return ref[:end]
}
