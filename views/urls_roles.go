package views

import (
	"net/url"
	"strconv"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// RolesPageSize is the number of rows of a list of roles whose URL does not say how many: most places have fewer.
const RolesPageSize = 50

// RolesListURL returns the list of roles with f applied.
func RolesListURL(organization string, f org.RoleFilter) string {
	q := url.Values{}
	for name, value := range map[string]string{"q": f.Query, "kind": f.Kind} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Allows.Action != "" {
		q.Set("allows", f.Allows.String())
	}
	ui.SetSort(q, f.Sort, org.RoleSorts[0])
	ui.SetPageOf(q, RolesPageSize, f.Limit, f.Offset)
	return ui.URL(RolesURL(organization), q)
}

// RoleHistoryURL returns the history of a role. The organization "" means the site, here and below.
func RoleHistoryURL(organization, role string) string {
	return RoleURL(organization, role) + "/history"
}

// DeletedRolesURL returns the list of recently deleted roles.
func DeletedRolesURL(organization string) string {
	if organization == "" {
		return "/deleted-roles"
	}
	return OrganizationURL(organization) + "/deleted-roles"
}

// DeletedRoleURL shows a deleted role by the audit entry of its deletion, and asks whether to restore it.
func DeletedRoleURL(organization string, entry uuid.UUID) string {
	return DeletedRolesURL(organization) + "/" + entry.String()
}

// RoleRestoreURL stores an earlier version of a role again.
func RoleRestoreURL(organization, role string) string {
	return RoleURL(organization, role) + "/restore"
}

// RoleRestoreReviewURL shows what restoring a version of a role would change, and asks whether to do it.
func RoleRestoreReviewURL(organization, role string, version int64) string {
	return RoleHistoryURL(organization, role) + "?restore=" + strconv.FormatInt(version, 10)
}

// RoleCompareURL returns the page that compares a role with another one, or two of its versions.
func RoleCompareURL(organization string, from, to org.RoleVersionRef) string {
	q := url.Values{}
	if to.Name != from.Name && to.Name != "" {
		q.Set("with", to.Name)
	}
	if from.Version != 0 {
		q.Set("version", strconv.FormatInt(from.Version, 10))
	}
	if to.Version != 0 {
		q.Set("with_version", strconv.FormatInt(to.Version, 10))
	}
	return ui.URL(RoleURL(organization, from.Name)+"/compare", q)
}
