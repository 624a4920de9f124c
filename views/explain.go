package views

import (
	"net/url"
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
	Find         string // shows only the rows of Effective that have all these words
	Catalog      *rbac.Catalog
	Now          time.Time
	LinkRoles    bool               // the caller may open the roles of the organization
	LinkSite     bool               // likewise those of the site
	Reactivates  bool               // the caller may reactivate the account
	Places       []org.Organization // organizations in which the question can be asked about the member
	Print        bool               // the page is to be printed

	Open    string      // key of the suggestion that is previewed, "" for none
	Impact  *org.Impact // from its dry run
	RoleTag string      // version of the role that it would change
	OpenErr *org.Error  // why it cannot be carried out
}

// first returns what sentences call the member.
func (a ExplainForm) first() string { return a.Member.FirstName() }

func (a ExplainForm) suspended() bool { return a.Member.Status == org.StatusSuspended }

// endOf returns when the role of a match ends; zero if it does not, or if that is not known.
func (a ExplainForm) endOf(m rbac.Match) time.Time {
	if a.Answer == nil {
		return time.Time{}
	}
	return a.Answer.Ends[org.HeldRole{Place: m.Org, Role: m.Role.Name}]
}

// areaChoices has the options of a select, by area.
type areaChoices struct {
	label   string
	choices []ui.Option
}

// typeChoices returns the resource types of a catalog.
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

// actionChoices returns the actions of a catalog.
func actionChoices(c *rbac.Catalog, chosen string) []ui.Option {
	var out []ui.Option
	for _, a := range c.WildcardActions() {
		out = append(out, ui.Option{Value: a.Name, Label: strings.ToLower(a.Label), On: a.Name == chosen})
	}
	return out
}

// chainLevel is one level of the chain, as shown.
type chainLevel struct {
	rbac.LevelTrace
	label, note string
	hit         string // class of the level that decides
	own         string // whose things, such as "their own documents"
}

// chainOf returns the levels of an answer. If no role says anything, there is a sentence instead of rules.
func chainOf(a ExplainForm) []chainLevel {
	var out []chainLevel
	place := a.Organization.Label()
	for i, l := range a.Answer.Trace.Levels {
		c := chainLevel{
			LevelTrace: l, label: [...]string{"Site", place, "Their own"}[l.Level], note: a.Answer.Words.Levels[i],
			own: "their own " + a.Catalog.Things(a.Question.ResourceType),
		}
		switch silent := len(l.Matches) == 0 && l.Reason == rbac.Applies; {
		case silent && l.Reached:
			c.note = [...]string{"No site role allows or denies it.", "No role in " + place + " allows or denies it.", "No role allows or denies it for " + c.own + "."}[l.Level]
		case l.Reason == rbac.Applies && len(l.Matches) > 0:
			c.note = "" // the rules say it already
		}
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

// maxRules is how many roles of a level are shown before the rest is folded. Those that decide come first.
const maxRules = 5

func (l chainLevel) sorted() []rbac.Match {
	list := slices.Clone(l.Matches)
	slices.SortStableFunc(list, func(x, y rbac.Match) int { return last(x.Overruled) - last(y.Overruled) })
	return list
}

func (l chainLevel) shown() []rbac.Match  { return l.sorted()[:min(len(l.Matches), maxRules)] }
func (l chainLevel) folded() []rbac.Match { return l.sorted()[min(len(l.Matches), maxRules):] }

// says returns the rest of the sentence that begins with the role: "allows it, but a deny overrides it."
func (l chainLevel) says(a ExplainForm, m rbac.Match) string {
	text := "allows it"
	if m.Permission.Negate {
		text = "denies it"
	}
	if l.Level == rbac.LevelUser {
		text += " for " + l.own
	}
	if a.implied(m) {
		text += "; every member has it"
	}
	switch {
	case !m.Overruled:
	case !l.Reached:
		text += ", but that is not needed: it is already decided above"
	case org.Elsewhere(m):
		text += ", but not here"
	default:
		text += ", but a deny overrides it"
	}
	return text + "."
}

// matchRef returns the role of a match as a reference, for the tags of roles.
func matchRef(m rbac.Match) org.RoleRef {
	return org.RoleRef{Name: m.Role.Name, DisplayName: org.RoleLabel(m.Role), OrganizationID: m.Org, BuiltIn: m.Role.BuiltIn}
}

// implied reports whether the role of a match is one that every account or member holds.
func (a ExplainForm) implied(m rbac.Match) bool {
	return m.Role == a.Catalog.ImpliedSite() || m.Role == a.Catalog.ImpliedOrganization()
}

// title describes a suggestion in one line.
func (a ExplainForm) title(s org.Suggestion) string {
	return s.Title(a.first(), a.Catalog.Phrase(s.Permission), a.Answer.Trace.Allowed)
}

// effect says how far a suggestion reaches, below its title.
func (a ExplainForm) effect(s org.Suggestion) string {
	if s.FullControl() && s.Kind == org.GiveRole {
		return "Full control of this site: every permission in every organization"
	}
	text := s.SideEffects()
	if s.Permission.Action == "" {
		text = "affects 1 person · " + text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// home returns the organization of the role that a suggestion is about, "" for the site.
func (a ExplainForm) home(s org.Suggestion) string {
	if s.OfSite() {
		return ""
	}
	return a.Organization.Name
}

// personURL returns the page of the member, askURL the question on it, previewURL the same with a suggestion opened.
func (a ExplainForm) personURL() string { return MemberURL(a.Organization.Name, a.Member.Username) }

func (a ExplainForm) askURL() string {
	return ExplainURL(a.Organization.Name, a.Member.Username, a.Question)
}

func (a ExplainForm) previewURL(s org.Suggestion) string {
	return a.askURL() + "&" + url.Values{"preview": {s.Key()}}.Encode()
}

// maxPreviewed is how many permissions a preview names.
const maxPreviewed = 5

// application is the form that makes a change. It sends what the form for the same change elsewhere sends.
type application struct {
	action, method, verb string
	reason               bool // it has a field for a reason
	hidden               [][2]string
}

func (a ExplainForm) apply(s org.Suggestion) application {
	record := RecordURL(a.home(s), a.Member.Username, s.Role.Name)
	switch s.Kind {
	case org.GiveRole:
		return application{action: record, method: "PUT", verb: "Add the role", reason: true}
	case org.TakeRole:
		return application{action: record, method: "DELETE", verb: "Remove the role"}
	default:
	}
	f := application{action: RolesURL(a.home(s)), method: "PUT", verb: "Change the role"}
	if s.OfSite() {
		f.method = "PATCH"
	}
	level := map[rbac.Level]string{rbac.LevelSite: "site", rbac.LevelOrganization: "org", rbac.LevelUser: "user"}[s.Level]
	f.hidden = [][2]string{
		{"name", s.Role.Name}, {"version", a.RoleTag},
		{level + "." + s.Permission.ResourceType + "." + s.Permission.Action, s.State()},
	}
	return f
}

// givesBack says what an account gets back when it is activated.
func (a ExplainForm) givesBack() string {
	text := "Their roles apply again"
	if n := len(a.Member.Roles); n > 0 {
		text = "Gives back " + ui.Plural(n, "role") + " in " + a.Organization.Label() + ", and those elsewhere"
	}
	return text + ". Sessions that ended stay ended."
}

// suggestions returns the changes of the verdict that are worth showing: those that the caller may make first, full
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

// maxSuggestions is how many suggestions are shown: later ones do much more than the question needs.
const maxSuggestions = 6

// comma returns a separator if more of the same follows.
func comma(more bool) string {
	if more {
		return ","
	}
	return ""
}
