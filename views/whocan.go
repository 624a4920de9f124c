package views

import (
	"slices"

	"rolecall/org"
	"rolecall/rbac"
)

// WhoCan is the page that lists who may do something.
type WhoCan struct {
	Organization org.Organization
	Question     org.Question // without an action: nothing was asked yet
	Answer       *org.WhoCan  // nil: nothing was asked, or Err says why it could not be answered
	Err          *org.Error
	Limit        int
	Offset       int
	Catalog      *rbac.Catalog // nil: the default one
	LinkRoles    bool          // the caller may open the roles of the organization
	LinkSite     bool          // likewise those of the site
}

// ask lends the page of a member its ways to show where a right comes from.
func (w WhoCan) ask(m org.Member) Ask {
	return Ask{Organization: w.Organization, Member: m, Question: w.Question, Catalog: w.Catalog, LinkRoles: w.LinkRoles, LinkSite: w.LinkSite}
}

// sources are the rules that give somebody the right, each role once.
func (w WhoCan) sources(a org.Able) []rbac.Match {
	var out []rbac.Match
	for _, m := range a.Trace.Deciding() {
		if !slices.ContainsFunc(out, func(o rbac.Match) bool { return o.Role == m.Role && o.Org == m.Org }) {
			out = append(out, m)
		}
	}
	return out
}

// level is where the right of somebody was decided.
func (w WhoCan) level(a org.Able) string {
	l, _ := a.Trace.Decided()
	return org.LevelLabel(l)
}

func (w WhoCan) paging() paging {
	return paging{
		list: WhoCanURL(w.Organization.Name, w.Question), limit: w.Limit, offset: w.Offset,
		shown: len(w.Answer.Members), count: w.Answer.Count,
	}
}
