package views

import (
	"strings"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// CatalogHistory is the page of the versions of the catalog, newest first.
type CatalogHistory struct {
	Versions  []org.CatalogVersion
	CanChange bool
	Err       *org.Error // why an earlier version could not be restored
}

// latest returns the version in force.
func (h CatalogHistory) latest() int64 {
	if len(h.Versions) == 0 {
		return 0
	}
	return h.Versions[0].Number
}

// catalogSteps counts what a version changed compared with the previous one.
func catalogSteps(v org.CatalogVersion) string {
	var parts []string
	for _, of := range []struct {
		n    int
		what string
	}{{len(v.Steps.Renamed), "renamed"}, {len(v.Steps.Removed), "removed"}, {len(v.Steps.Added), "added"}} {
		if of.n > 0 {
			parts = append(parts, ui.Thousands(of.n)+" "+of.what)
		}
	}
	switch {
	case v.Number == 1:
		return "the first version"
	case parts == nil:
		return "no permission renamed, removed or added"
	}
	return "permissions: " + strings.Join(parts, ", ")
}

// CatalogCompare is the page that compares two versions of the catalog.
type CatalogCompare struct {
	From, To int64
	Versions []org.CatalogVersion
	Changes  []org.CatalogDifference
}
