package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Wire is the style of answers where the API's documents and the clients in use disagree. Everything that depends on it
// is a method of it.
type Wire uint8

// The styles.
const (
	Documented Wire = iota // as the newest document has it
	SDK                    // as the Go and TypeScript clients decode it
)

// savedRole returns the answer after a role was written.
func (w Wire) savedRole(role any) any {
	if w == SDK {
		return role
	}
	return []any{role}
}

// deletedRole returns the answer after a role was deleted.
func (w Wire) deletedRole(role any) (status int, data any) {
	if w == SDK {
		return http.StatusNoContent, nil
	}
	return http.StatusOK, []any{role}
}

// memberPage returns the JSON around the object of a page of members.
func (w Wire) memberPage() (before, after string) {
	if w == SDK {
		return "", ""
	}
	return "[", "]"
}

// wireFields returns what is wrong with the fields of a request, nil if nothing is.
func wireFields(fields []org.Field) []client.Validation {
	var list []client.Validation
	for _, f := range fields {
		list = append(list, client.Validation(f))
	}
	return list
}

// each converts a list. A list without entries is an empty one, never null.
func each[From, To any](list []From, convert func(*From) To) []To {
	out := make([]To, len(list))
	for i := range list {
		out[i] = convert(&list[i])
	}
	return out
}

// wireTime returns a time as the API shows it: in UTC, to the microsecond, as it is stored.
func wireTime(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// unlimited has the scopes and the allow list of a token without limits.
var unlimited = struct {
	scopes    []string
	allowList []client.TokenTarget
}{[]string{"coder:all"}, []client.TokenTarget{{Type: rbac.Wildcard, ID: rbac.Wildcard}}}

// idOrNothing returns "" for the nil organization of things that belong to the site.
func idOrNothing(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

func wireRoleRef(r *org.RoleRef) client.RoleRef {
	return client.RoleRef{Name: r.Name, DisplayName: r.DisplayName, OrganizationID: r.OrganizationID}
}

func wireMember(m *org.Member) client.Member {
	return client.Member{
		UserID:         m.UserID,
		OrganizationID: m.OrganizationID,
		CreatedAt:      wireTime(m.CreatedAt),
		UpdatedAt:      wireTime(m.UpdatedAt),
		Roles:          each(m.Roles, wireRoleRef),
	}
}

// wireEnd returns the time at which something ends, zero if it does not, which JSON leaves out.
func wireEnd(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return wireTime(t)
}

func wireMemberWithUser(m *org.Member) client.MemberWithUser {
	wire := client.MemberWithUser{
		Member:    wireMember(m),
		Username:  m.Username,
		Name:      m.Name,
		AvatarURL: m.AvatarURL,
		Email:     m.Email,
		SiteRoles: each(m.SiteRoles, wireRoleRef),

		Status: client.Status(m.Status), LoginType: m.LoginType, LastSeenAt: wireTime(m.LastSeenAt),
		UserCreatedAt: wireTime(m.AccountCreatedAt), UserUpdatedAt: wireTime(m.AccountUpdatedAt),
		IsServiceAccount: m.MadeForService(), NextEnd: wireEnd(m.NextEnd),
	}
	if len(m.ManagedBy) > 0 {
		wire.ManagedBy = each(m.ManagedBy, wireManager)
	}
	if m.Assignments != nil {
		wire.Assignments = each(m.Assignments, wireRecord)
	}
	return wire
}

func wirePermission(p *rbac.Permission) client.Permission {
	return client.Permission{Negate: p.Negate, ResourceType: p.ResourceType, Action: p.Action}
}

func wireRole(r *org.Role) client.Role {
	return client.Role{
		Name:           r.Name,
		OrganizationID: r.OrganizationID,
		DisplayName:    r.DisplayName,
		Description:    r.Description,
		Site:           each(r.Site, wirePermission),
		Organization:   each(r.Organization, wirePermission),
		Member:         []client.Permission{},
		User:           each(r.User, wirePermission),
	}
}

// wirePatchedRole returns a site role as documented for PATCH /users/roles: with a map by organization, which is empty
// in a site role.
func wirePatchedRole(r *org.Role) client.PatchedSiteRole {
	role := wireRole(r)
	return client.PatchedSiteRole{
		Name: role.Name, DisplayName: role.DisplayName, Description: role.Description, Site: role.Site, Organization: map[string][]client.Permission{},
		Member: role.Member, User: role.User,
	}
}

func wireAssignableRole(r *org.Role) client.AssignableRole {
	return client.AssignableRole{Role: wireRole(r), Assignable: r.Assignable, BuiltIn: r.BuiltIn}
}

func wireAssignment(a *org.RoleForm) client.MemberRoles {
	return client.MemberRoles{
		Roles:   each(a.Member.Roles, wireRoleRef),
		Choices: each(a.Choices, func(c *org.RoleChoice) client.AssignableRole { return wireAssignableRole(&c.Role) }),

		Assignments: each(a.Member.Assignments, wireRecord),
	}
}

func wireUser(u *org.User) client.User {
	wire := client.User{
		ID:              u.ID,
		Username:        u.Username,
		Name:            u.Name,
		AvatarURL:       u.AvatarURL,
		Email:           u.Email,
		CreatedAt:       wireTime(u.CreatedAt),
		UpdatedAt:       wireTime(u.UpdatedAt),
		LastSeenAt:      wireTime(u.LastSeenAt),
		Status:          client.Status(u.Status),
		LoginType:       u.LoginType,
		OrganizationIDs: append([]uuid.UUID{}, u.OrganizationIDs...),
		Roles:           each(u.Roles, wireRoleRef),

		IsServiceAccount: u.MadeForService(), NextEnd: wireEnd(u.NextEnd),
	}
	if len(u.ManagedBy) > 0 {
		wire.ManagedBy = each(u.ManagedBy, wireManager)
	}
	return wire
}

func wireManager(m *org.ManagedBy) client.Manager {
	return client.Manager{Source: string(m.Source), Name: m.Name, OrganizationID: m.Organization, Rules: m.Rules}
}

func wireOrganization(o *org.Organization) client.Organization {
	return client.Organization{
		ID:          o.ID,
		Name:        o.Name,
		DisplayName: o.DisplayName,
		Description: o.Description,
		Icon:        o.Icon,
		CreatedAt:   wireTime(o.CreatedAt),
		UpdatedAt:   wireTime(o.UpdatedAt),
		IsDefault:   o.IsDefault,

		DefaultRoles: []string{},
	}
}

// wireToken returns a token without its secret.
func wireToken(t *org.Token) client.Token {
	scopes, allowed, within := unlimited.scopes, unlimited.allowList, make([]string, len(t.Within))
	if t.Scopes != nil {
		scopes = t.Scopes
	}
	if t.AllowList != nil {
		allowed = each(t.AllowList, func(entry *string) client.TokenTarget {
			resourceType, id, _ := strings.Cut(*entry, ":")
			return client.TokenTarget{Type: resourceType, ID: id}
		})
	}
	for i, p := range t.Within {
		within[i] = p.ID.String()
	}
	return client.Token{
		ID:              t.ID,
		UserID:          t.UserID,
		Username:        t.Username,
		Name:            t.Name,
		Scope:           t.Scope,
		Scopes:          scopes,
		AllowList:       allowed,
		Organizations:   within,
		CreatedBy:       t.Maker,
		LoginType:       t.LoginType,
		LifetimeSeconds: int64(t.Lifetime / time.Second),
		CreatedAt:       wireTime(t.CreatedAt),
		UpdatedAt:       wireTime(t.UpdatedAt),
		LastUsed:        wireTime(t.LastUsed),
		ExpiresAt:       wireTime(t.ExpiresAt),
	}
}

func wireAuditEntry(e *org.AuditEntry) client.AuditEntry {
	entry := client.AuditEntry{
		Seq:            e.Seq,
		ID:             e.ID,
		RequestID:      e.RequestID,
		Time:           wireTime(e.Time),
		IP:             e.IP,
		UserAgent:      e.UserAgent,
		ResourceType:   e.ResourceType,
		ResourceID:     e.ResourceID,
		ResourceTarget: e.ResourceTarget,
		Action:         e.Action,
		Diff:           make(map[string]client.AuditChange, len(e.Diff)),
		StatusCode:     e.StatusCode,
		Description:    e.Description,
		Deleted:        e.Deleted,
		OrganizationID: e.OrganizationID,
	}
	for field, change := range e.Diff {
		entry.Diff[field] = client.AuditChange(change)
	}
	if o := e.Organization; o != nil {
		entry.Organization = &client.AuditOrganization{ID: o.ID, Name: o.Name, DisplayName: o.DisplayName, Icon: o.Icon}
	}
	entry.AdditionalFields = client.AuditFields{Actor: org.MachineOf(e.ActorID, e.Actor), TokenID: e.TokenID}
	if e.User != nil {
		user := wireUser(e.User)
		entry.User = &user
	}
	return entry
}
