package rbac

import (
	"slices"
	"strings"
	"sync"
)

// The four roles that every catalog has: stored assignments and rules use their names.
const (
	roleOwner              = "owner"
	roleMember             = "member"
	roleOrganizationAdmin  = "organization-admin"
	roleOrganizationMember = "organization-member"
)

// coreTypes are the types that the server itself checks, so every catalog has them. Their actions, labels and the like are those
// of the default catalog. Names that begin with corePrefix are reserved for later ones.
var coreTypes = []string{
	"organization", "organization_member", "assign_org_role", "assign_role", "user", "api_key", "audit_log", "idpsync_settings",
}

const corePrefix = "rolecall_"

// pathNames are parts of paths that could be taken for names of roles.
var pathNames = []string{"new", "create", "roles"}

// The areas of types without one.
var (
	otherArea = DocumentArea{ID: "other", Label: "Other"}
	coreArea  = DocumentArea{ID: corePrefix + "accounts", Label: "Accounts and roles"}
)

func isCore(resourceType string) bool { return slices.Contains(coreTypes, resourceType) }

// core holds the core types and the labels of actions as the default catalog has them.
var core = sync.OnceValue(func() (parts struct {
	types  map[string]*DocumentType
	labels map[string]string
}) {
	d, err := ParseDocument(defaultDocument)
	if err != nil {
		panic(err) // the data is part of the program and a test parses it
	}
	parts.types, parts.labels = map[string]*DocumentType{}, map[string]string{}
	for i := range d.Types {
		if t := &d.Types[i]; isCore(t.Name) {
			parts.types[t.Name] = t
			for _, a := range t.Actions {
				parts.labels[a.Name] = d.action(a.Name).Label
			}
		}
	}
	return parts
})

// fixedRole is one of the four roles: what it always holds, and what it holds if the document says nothing.
type fixedRole struct {
	name, label, scope string
	floor              [levels][]string
	lists              [levels][]string
	assigns            []string
}

// fixedRoles are the four roles, in their order if the document leaves them out.
var fixedRoles = []fixedRole{
	{
		name: roleOwner, label: "Owner", scope: LevelSite.String(),
		lists: [levels][]string{LevelSite: {"*:*"}}, assigns: []string{Wildcard},
	},
	{
		name: roleMember, label: "Member", scope: LevelSite.String(),
		floor: [levels][]string{
			LevelSite: {"assign_role:read"},
			LevelUser: {"user:read", "user:read_personal", "user:update_personal", "api_key:*", "organization_member:read"},
		},
	},
	{
		name: roleOrganizationAdmin, label: "Organization Admin", scope: LevelOrganization.String(),
		floor: [levels][]string{LevelOrganization: {
			"organization:read", "organization:update", "organization_member:*", "assign_org_role:*", "audit_log:read", "idpsync_settings:*",
		}},
		lists: [levels][]string{LevelOrganization: {"*:*"}}, assigns: []string{Wildcard},
	},
	{
		name: roleOrganizationMember, scope: LevelOrganization.String(),
		floor: [levels][]string{LevelOrganization: {"organization:read", "assign_org_role:read"}},
	},
}

func fixed(name string) *fixedRole {
	for i := range fixedRoles {
		if fixedRoles[i].name == name {
			return &fixedRoles[i]
		}
	}
	return nil
}

// implied reports whether everyone holds the role, on the site or in an organization.
func implied(name string) bool { return name == roleMember || name == roleOrganizationMember }

// readPermissions parses a list of permissions that has been checked.
func readPermissions(list []string) []Permission {
	var perms []Permission
	for _, text := range list {
		perms = append(perms, readPermission(text)...)
	}
	return perms
}

// readPermission parses "type:action", or "!type:action,action", without checking that the pair exists.
func readPermission(text string) (perms []Permission) {
	pair, negate := strings.CutPrefix(text, "!")
	resourceType, actions, _ := strings.Cut(pair, ":")
	for action := range strings.SplitSeq(actions, ",") {
		perms = append(perms, Permission{ResourceType: resourceType, Action: action, Negate: negate})
	}
	return perms
}
