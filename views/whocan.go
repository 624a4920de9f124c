package views

import (
	"slices"
	"time"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// WhoCan is the page that lists who may do something.
type WhoCan struct {
	Organization org.Organization
	Question     org.Question // without an action: no question yet
	Answer       *org.WhoCan  // nil: no question yet, or Err is why there is no answer
	Err          *org.Error
	Limit        int
	Offset       int
	Outside      bool            // the page shows accounts outside the organization
	Suspended    bool            // the page shows suspended members
	ByTokens     bool            // the page shows API tokens that can do it
	Tokens       *org.AbleTokens // how many there are, and a page of them; nil: the caller may not read them
	LinkAudit    bool            // the caller may read the trail of the site
	ByRole       bool            // members are grouped by the role that lets them
	Print        bool            // the page is to be printed: it has all rows, up to a bound
	Catalog      *rbac.Catalog
	Now          time.Time
	LinkRoles    bool // the caller may open the roles of the organization
	LinkSite     bool // likewise those of the site
	CanRemove    bool // the caller may take roles from members
}

// form returns the question without a member, for the tags that show where a right comes from.
func (w WhoCan) form() ExplainForm {
	return ExplainForm{Organization: w.Organization, Question: w.Question, Catalog: w.Catalog, LinkRoles: w.LinkRoles, LinkSite: w.LinkSite}
}

// Heading returns the question, as far as it has been asked.
func (w WhoCan) Heading() string {
	if w.Answer == nil {
		return "Who can…"
	}
	return "Who can " + w.Question.Doing(w.Catalog)
}

// able is a row: a member, or an account outside, that has the right.
type able struct {
	id                    string
	name, username, email string
	service               bool
	url, why              string // why is "" for those outside: no page explains it
	until                 time.Time
	org.Answer
}

// rowsOf returns the rows of members.
func (w WhoCan) rowsOf(list []org.WhoCanMember) []able {
	var rows []able
	for _, a := range list {
		m := a.Member
		rows = append(rows, able{
			m.UserID.String(), m.Label(), m.Username, m.Email, m.LoginType == org.LoginNone,
			MemberURL(w.Organization.Name, m.Username), ExplainURL(w.Organization.Name, m.Username, w.Question), a.Until, a.Answer,
		})
	}
	return rows
}

// outsiders returns the accounts outside that the page shows: a few below the members, or a page of them.
func (w WhoCan) outsiders() []able {
	var rows []able
	for _, a := range w.Answer.Outside.Users {
		u := a.User
		rows = append(rows, able{u.ID.String(), u.Label(), u.Username, u.Email, u.LoginType == org.LoginNone, UserURL(u.Username), "", a.Until, a.Answer})
	}
	if !w.Outside && !w.Print {
		rows = rows[:min(len(rows), PageSize)]
	}
	return rows
}

// sources returns the matches that give the right, each role once.
func (a able) sources() []rbac.Match {
	var out []rbac.Match
	for _, m := range a.Trace.Deciding() {
		if !slices.ContainsFunc(out, func(o rbac.Match) bool { return o.Role == m.Role && o.Org == m.Org }) {
			out = append(out, m)
		}
	}
	return out
}

// level returns the level at which the right was decided.
func (a able) level() string {
	l, _ := a.Trace.Decided()
	return org.LevelLabel(l)
}

// GroupedPeople is the largest number of people that are grouped by role by default.
const GroupedPeople = 200

// ChooseOrder groups an answer with up to GroupedPeople members by role, and pages a longer one as a single list.
func (w *WhoCan) ChooseOrder() {
	if w.ByRole = w.Print || w.people() <= GroupedPeople; !w.ByRole {
		w.Limit = PageSize
		w.Answer.Members = w.Answer.Members[:min(len(w.Answer.Members), PageSize)]
	}
}

// paging returns the paging of the members, or of the accounts outside.
func (w WhoCan) paging() ui.Paging {
	list := w.byURL("person")
	if w.ByRole {
		list = w.byURL("role")
	}
	p := ui.Paging{List: list, Limit: w.Limit, Offset: w.Offset, Shown: len(w.Answer.Members), Count: w.Answer.Count}
	switch {
	case w.Outside:
		p.List, p.Shown, p.Count = w.outsideURL(), len(w.Answer.Outside.Users), w.Answer.Outside.Count
	case w.Suspended:
		p.List, p.Shown, p.Count = w.suspendedURL(), len(w.Answer.Held), w.Answer.Suspended
	case w.ByTokens && w.Tokens != nil:
		p.List, p.Shown, p.Count = w.tokensURL(), len(w.Tokens.Tokens), w.Tokens.Count
	}
	return p
}

// tokensCount says how many API tokens can do it, as far as they were examined.
func (w WhoCan) tokensCount() string {
	text := ui.Plural(w.Tokens.Count, "token")
	if w.Tokens.Looked > 0 {
		text = "at least " + text
	}
	return text
}

// tokensLooked says that not all tokens were examined, "" if they were.
func (w WhoCan) tokensLooked() string {
	if w.Tokens.Looked == 0 {
		return ""
	}
	return "The " + ui.Thousands(w.Tokens.Looked) + " that end first were looked at."
}

// allTokens returns the page of the tokens, with the rows of the list of all tokens.
func (w WhoCan) allTokens() AllTokens {
	return AllTokens{Tokens: w.Tokens.Tokens, Total: w.Tokens.Count, Catalog: w.Catalog, LinkAudit: w.LinkAudit, Now: w.Now}
}

// prevents says why no one can: the first rule against it, without the roles that it names.
func (w WhoCan) prevents() string {
	p, who := w.Answer.Prevented, "one"
	if w.Answer.Outside == nil {
		who = "member"
	}
	switch {
	case p == nil:
		return ""
	case p.Deny != nil:
		return "denies it. That overrides what another role allows " + ui.Plural(p.People, "person") + "."
	case w.Answer.Suspended > 0:
		return "Everyone with a role that allows it is suspended."
	case len(p.Unheld) == 0:
		return "No role that anyone has allows it."
	case len(p.Unheld) == 1:
		return "allows it, but no " + who + " has that role."
	}
	return "allow it, but no " + who + " has one of these roles."
}

// people returns how many may, as far as the caller may know: suspended people may do nothing.
func (w WhoCan) people() int {
	n := w.Answer.Count
	if w.Answer.Outside != nil {
		n += w.Answer.Outside.Count
	}
	return n
}

// headline says how many people may.
func (w WhoCan) headline() string {
	doing := w.Question.Doing(w.Catalog) + " in " + w.Organization.Label() + "."
	if w.people() == 0 {
		return "No one can " + doing
	}
	return ui.Plural(w.people(), "person") + " can " + doing
}

// parts says who they are, and who is not counted.
func (w WhoCan) parts() string {
	text := ui.Thousands(w.Answer.Count) + " of " + ui.Plural(w.Answer.Total, "member") + "."
	switch o := w.Answer.Outside; {
	case o == nil:
		text += " " + w.outside()
	case o.Count > 0:
		text += " " + ui.Thousands(o.Count) + " " + ui.Verb(o.Count, "are") + " no " + ui.Noun(o.Count, "member") + ", but may by a site role or a role elsewhere."
	default:
		text += " No one outside " + w.Organization.Label() + " can."
	}
	if n := w.Answer.Suspended; n > 0 {
		text += " " + ui.Thousands(n) + " more " + ui.Verb(n, "are") + " suspended and not counted."
	}
	return text
}

// byURL returns the same answer, by role or as one list.
func (w WhoCan) byURL(by string) string {
	return WhoCanURL(w.Organization.Name, w.Question) + "&by=" + by
}

// missing says how many rows a printed page leaves out, "" if it has all.
func (w WhoCan) missing() string {
	n := w.Answer.Count - len(w.Answer.Members) + w.Answer.Suspended - len(w.Answer.Held)
	if w.Answer.Outside != nil {
		n += w.Answer.Outside.Count - len(w.Answer.Outside.Users)
	}
	if !w.Print {
		return ""
	}
	return missingRows(n, "person", "The CSV has everyone.")
}

// ableGroup has the members of a page who may because of the same role.
type ableGroup struct {
	label string
	role  string // the role that can be taken from them here, "" for none
	kind  string
	rows  []able
}

// about returns the line below the name of the role.
func (g ableGroup) about() string {
	text := ui.Plural(len(g.rows), "member")
	if g.kind != "" {
		text += " · " + g.kind
	}
	return text
}

// groupOfRole returns the group of a role, without its members.
func (w WhoCan) groupOfRole(m rbac.Match) ableGroup {
	g := ableGroup{label: org.RoleLabel(m.Role)}
	switch {
	case w.form().implied(m):
		g.kind = "every member has it"
	case m.Org == (rbac.ID{}):
		g.kind = "role of the whole site: changed under Site roles"
	case m.Org != rbac.ID(w.Organization.ID):
		g.kind = "role of another organization"
	default:
		g.kind = "custom role"
		if m.Role.BuiltIn {
			g.kind = "built-in role"
		}
		if w.CanRemove {
			g.role = m.Role.Name
		}
	}
	return g
}

// groups groups the members of the page by the role that lets them. Those with several come last.
func (w WhoCan) groups() []ableGroup {
	var out []ableGroup
	several := ableGroup{label: "More than one role"}
	for _, a := range w.rowsOf(w.Answer.Members) {
		from := a.sources()
		if len(from) != 1 {
			several.rows = append(several.rows, a)
			continue
		}
		found := w.groupOfRole(from[0])
		at := slices.IndexFunc(out, func(g ableGroup) bool { return g.label == found.label && g.kind == found.kind && g.role == found.role })
		if at < 0 {
			at, out = len(out), append(out, found)
		}
		out[at].rows = append(out[at].rows, a)
	}
	slices.SortStableFunc(out, func(x, y ableGroup) int { return len(y.rows) - len(x.rows) })
	if len(several.rows) > 0 {
		out = append(out, several)
	}
	return out
}

// outside describes the accounts outside the organization in a sentence.
func (w WhoCan) outside() string {
	if w.Answer.Outside == nil {
		return "Accounts outside " + w.Organization.Label() + " are not shown: you don’t have permission to read the accounts of the site."
	}
	return ""
}
