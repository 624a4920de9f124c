package views

import (
	"net/url"
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// ExplainForm is the explainer of one member: the question as a form, its answer, and everything that the member may do.
type ExplainForm struct {
	Organization org.Organization
	Member       org.Member
	Question     org.Question     // without an action: nothing was asked yet
	Answer       *org.Explanation // nil: nothing was asked, or Err says why it could not be answered
	Err          *org.Error
	Effective    []org.EffectiveLine
	Find         string        // narrows Effective down to what has all these words
	Catalog      *rbac.Catalog // nil: the default one
	LinkRoles    bool          // the caller may open the roles of the organization
	LinkSite     bool          // likewise those of the site
}

// first is what the person is called in a sentence: the first word of the name.
func (a ExplainForm) first() string {
	name := a.Member.Label()
	if a.Member.Name != "" {
		name, _, _ = strings.Cut(name, " ")
	}
	return name
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

// ExplainURL is the page of a member with a question.
func ExplainURL(organization, user string, q org.Question) string {
	return MemberURL(organization, user) + "?" + questionQuery(q).Encode()
}

func questionQuery(q org.Question) url.Values {
	v := url.Values{"action": {q.Action}, "resource_type": {q.ResourceType}}
	if q.Own {
		v.Set("owner", "me")
	}
	return v
}

// WhoCanURL is the page that lists who may do something.
func WhoCanURL(organization string, q org.Question) string {
	path := OrganizationURL(organization) + "/who-can"
	if q.Action == "" {
		return path
	}
	return path + "?" + questionQuery(q).Encode()
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
		c := chainLevel{LevelTrace: l, label: org.LevelLabel(l.Level), note: e.Words.Levels[i]}
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

// matchRef is the role of a match as other parts of a page name it.
func matchRef(m rbac.Match) org.RoleRef {
	return org.RoleRef{Name: m.Role.Name, DisplayName: org.RoleLabel(m.Role), OrganizationID: m.Org, BuiltIn: m.Role.BuiltIn}
}

// implied says whether everybody holds the role of a match.
func (a ExplainForm) implied(m rbac.Match) bool {
	c := catalogOr(a.Catalog)
	return m.Role == c.ImpliedSite() || m.Role == c.ImpliedOrganization()
}

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
	implied bool // something is allowed by nothing but what everybody holds
}

// effChip is one action that is decided.
type effChip struct {
	label, class, title string // class: "st a", "st d"; "st imp" is allowed to everybody
	url                 string // the explanation
}

// areas groups the lines by area and type, leaving out what Find does not match.
func (a ExplainForm) areas() []effArea {
	byType := map[string][]org.EffectiveLine{}
	for _, l := range a.Effective {
		byType[l.Type.Name] = append(byType[l.Type.Name], l)
	}
	var out []effArea
	for _, area := range catalogOr(a.Catalog).Areas() {
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

// matchesAll says whether text has all the words.
func matchesAll(words, text string) bool {
	text = strings.ToLower(text)
	return !slices.ContainsFunc(strings.Fields(strings.ToLower(words)), func(w string) bool { return !strings.Contains(text, w) })
}

// text is what a row is found by.
func (r effRow) text(area string) string {
	words := []string{area, r.Name, r.Label}
	for _, c := range r.chips {
		words = append(words, c.label, c.title)
	}
	for _, m := range r.sources {
		words = append(words, org.RoleLabel(m.Role))
	}
	return strings.Join(words, " ")
}

func (a ExplainForm) row(t rbac.ResourceType, lines []org.EffectiveLine) effRow {
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
		chip.title = t.Name + ":" + l.Action.Name
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

// fixURL is where a suggestion can be carried out, "" where that is not known.
func (a ExplainForm) fixURL(s org.Suggestion) string {
	site := s.Role.OrganizationID != a.Organization.ID || a.Organization.Name == ""
	switch give := s.Kind == org.GiveRole || s.Kind == org.TakeRole; {
	case give && !site:
		return MemberRolesURL(a.Organization.Name, a.Member.Username)
	case give:
		return userSiteRolesURL(a.Member.Username)
	case !site:
		return RoleURL(a.Organization.Name, s.Role.Name)
	}
	return RoleURL("", s.Role.Name)
}

// suggestions are the ways to turn the verdict that are worth showing: those that the caller may take first, and full
// control of the site last.
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

// maxSuggestions is how many ways are shown: beyond these each does much more than was asked.
const maxSuggestions = 6

// userSiteRolesURL is where the site roles of an account are changed.
func userSiteRolesURL(user string) string { return "/users/" + url.PathEscape(user) + "/roles" }
