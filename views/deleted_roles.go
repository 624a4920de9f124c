package views

import (
	"time"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// DeletedRoles is the list of recently deleted roles.
type DeletedRoles struct {
	org.DeletedRoles
	Catalog *rbac.Catalog
	Now     time.Time
}

// The pages that the roles of a place are divided into.
const (
	rolesTab   = "List"
	matrixTab  = "Matrix"
	healthTab  = "Health"
	deletedTab = "Deleted"
)

// roleTabs links the pages about the roles of an organization, or of the site for "".
func roleTabs(organization, current string) []ui.Tab {
	tabs := []ui.Tab{{Label: rolesTab, URL: RolesURL(organization)}, {Label: matrixTab, URL: RolesURL(organization) + "?view=matrix"}}
	if organization != "" {
		tabs = append(tabs, ui.Tab{Label: healthTab, URL: LintURL(organization)})
	}
	tabs = append(tabs, ui.Tab{Label: deletedTab, URL: DeletedRolesURL(organization)})
	for i := range tabs {
		tabs[i].Current = tabs[i].Label == current
	}
	return tabs
}
