package views

import (
	"time"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// Organizations is the list of organizations.
type Organizations struct {
	List   org.OrganizationList
	Filter org.OrganizationFilter
	Now    time.Time
}

func (o Organizations) paging() ui.Paging {
	return ui.Paging{
		List: OrganizationsURL(org.OrganizationFilter{Query: o.Filter.Query}), Limit: o.Filter.Limit, Offset: o.Filter.Offset,
		Shown: len(o.List.Organizations), Count: o.List.Count,
	}
}
