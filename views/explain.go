package views

import (
	"slices"
	"strings"
	"time"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// ExplainForm is the explainer of one member: the question as a form, its answer, and everything that the member may
// do.
type ExplainForm struct {
	Organization org.Organization
	Member       org.Member
	Question     org.Question     // without an action: no question yet
	Answer       *org.Explanation // nil: no question yet, or Err is why there is no answer
	Err          *org.Error
	Effective    []org.EffectivePermission
	Find         string // narrows Effective down to what has all these words
	Catalog      *rbac.Catalog
	Now          time.Time
	LinkRoles    bool // the caller may open the roles of the organization
	LinkSite     bool // likewise those of the site
}

// first is the first word of the name, for sentences.
func (a ExplainForm) first() string {
	name := a.Member.Label()
	if a.Member.Name != "" {
		name, _, _ = strings.Cut(name, " ")
	}
	return name
}

// sentence is the answer in words.
func (a ExplainForm) sentence() string {
	return a.Answer.Words.Sentence(a.Member.Label(), a.Question.Doing(a.Catalog))
}

// endOf is when the role of a match ends; the zero time: it does not, or nothing is known of it.
func (a ExplainForm) endOf(m rbac.Match) time.Time {
	if a.Answer == nil {
		return time.Time{}
	}
	return a.Answer.Ends[org.HeldRole{Place: m.Org, Role: m.Role.Name}]
}

// areaChoices is the options of a select, by area.
type areaChoices struct {
	label   string
	choices []ui.Option
}

// typeChoices are the resource types of a catalog.
func typeChoices(c *rbac.Catalog, chosen string) []areaChoices {
	var out []areaChoices
	for _, area := range c.Areas() {
		group := areaChoices{label: area.Label}
		for _, t := range area.Types {
			var actions []string
			for _, a := range t.Actions {
				actions = append(actions, a.Name)
			}
			group.choices = append(group.choices, ui.Option{Value: t.Name, Label: t.Label, On: t.Name == chosen, Data: strings.Join(actions, " ")})
		}
		out = append(out, group)
	}
	return out
}

// actionChoices are the actions of a catalog.
func actionChoices(c *rbac.Catalog, chosen string) []ui.Option {
	var out []ui.Option
	for _, a := range c.WildcardActions() {
		out = append(out, ui.Option{Value: a.Name, Label: strings.ToLower(a.Label), On: a.Name == chosen})
	}
	return out
}

// chainLevel is a level of the chain as it is shown.
type chainLevel struct {
	rbac.LevelTrace
	label, note string
	hit         string // class of the level that decides
}

func chainOf(e *org.Explanation) []chainLevel {
	var out []chainLevel
	for i, l := range e.Trace.Levels {
		c := chainLevel{LevelTrace: l, label: org.LevelLabel(l.Level), note: strings.Replace(e.Words.Levels[i], e.Question.Permission().String(), "it", 1)}
		if l.Decides {
			c.hit = "hit"
			if l.Vote > 0 {
				c.hit = "hit ok"
			}
		}
		out = append(out, c)
	}
	return out
}

// matchRef is the role of a match as a reference, for the tags of roles.
func matchRef(m rbac.Match) org.RoleRef {
	return org.RoleRef{Name: m.Role.Name, DisplayName: org.RoleLabel(m.Role), OrganizationID: m.Org, BuiltIn: m.Role.BuiltIn}
}

// implied reports whether the role of a match is one that every account or member holds.
func (a ExplainForm) implied(m rbac.Match) bool {
	return m.Role == a.Catalog.ImpliedSite() || m.Role == a.Catalog.ImpliedOrganization()
}

// fixURL is where a suggestion can be carried out, "" where that is not known.
func (a ExplainForm) fixURL(s org.Suggestion) string {
	site := s.Role.OrganizationID != a.Organization.ID || a.Organization.Name == ""
	switch give := s.Kind == org.GiveRole || s.Kind == org.TakeRole; {
	case give && !site:
		return MemberRolesURL(a.Organization.Name, a.Member.Username)
	case give:
		return UserRolesURL(a.Member.Username)
	case !site:
		return RoleURL(a.Organization.Name, s.Role.Name)
	}
	return RoleURL("", s.Role.Name)
}

// suggestions are the ways to turn the verdict that are worth showing: first those open to the caller, and full control
// of the site last.
func (a ExplainForm) suggestions() []org.Suggestion {
	list := slices.Clone(a.Answer.Changes)
	rank := func(s org.Suggestion) int {
		switch {
		case s.FullControl():
			return 2
		case s.Refusal != "":
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(x, y org.Suggestion) int { return rank(x) - rank(y) })
	return list[:min(len(list), maxSuggestions)]
}

// maxSuggestions is how many ways are shown: those beyond do much more than the question asks for.
const maxSuggestions = 6
