package views

import (
	"slices"
	"strconv"

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

// page is the URL of another page of the list, "" if there is none.
func (w WhoCan) page(offset int) string {
	if offset < 0 && offset > -w.Limit {
		offset = 0
	}
	if w.Limit == 0 || offset < 0 || offset >= w.Answer.Count {
		return ""
	}
	url := WhoCanURL(w.Organization.Name, w.Question)
	if w.Limit != PageSize {
		url += "&limit=" + strconv.Itoa(w.Limit)
	}
	if offset > 0 {
		url += "&offset=" + strconv.Itoa(offset)
	}
	return url
}
