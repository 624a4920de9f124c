package web

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Wire is the style of the answers on which the API's documents and the clients in use disagree. Everything that
// depends on it is a method of it.
type Wire uint8

// The two styles.
const (
	Documented Wire = iota // as the newest document has it
	SDK                    // as the Go and TypeScript clients decode it
)

// savedRole is the answer to the write of a role.
func (w Wire) savedRole(role any) any {
	if w == SDK {
		return role
	}
	return []any{role}
}

// deletedRole is the answer to the deletion of a role.
func (w Wire) deletedRole(role any) (status int, data any) {
	if w == SDK {
		return http.StatusNoContent, nil
	}
	return http.StatusOK, []any{role}
}

// memberPage is what stands around the one object of a page of members.
func (w Wire) memberPage() (before, after string) {
	if w == SDK {
		return "", ""
	}
	return "[", "]"
}

// The shapes of the API. Field names and their presence are the contract; the order is not.

type errorJSON struct {
	Message     string      `json:"message"`
	Detail      string      `json:"detail,omitempty"`
	Validations []org.Field `json:"validations,omitempty"`
}

type messageJSON struct {
	Message string `json:"message"`
}

type roleRefJSON struct {
	Name           string `json:"name"`
	DisplayName    string `json:"display_name"`
	OrganizationID string `json:"organization_id,omitempty"`
}

type memberJSON struct {
	UserID         uuid.UUID     `json:"user_id"`
	OrganizationID uuid.UUID     `json:"organization_id"`
	CreatedAt      time.Time     `json:"created_at"`
	UpdatedAt      time.Time     `json:"updated_at"`
	Roles          []roleRefJSON `json:"roles"`
}

type memberWithUserJSON struct {
	memberJSON
	Username  string        `json:"username"`
	Name      string        `json:"name"`
	AvatarURL string        `json:"avatar_url"`
	Email     string        `json:"email"`
	SiteRoles []roleRefJSON `json:"global_roles"`
}

type memberRolesJSON struct {
	Roles   []roleRefJSON        `json:"roles"`
	Choices []assignableRoleJSON `json:"choices"`
}

// none is a list that the original may fill and this server never does.
type none [0]struct{}

type permissionJSON struct {
	Negate       bool   `json:"negate"`
	ResourceType string `json:"resource_type"`
	Action       string `json:"action"`
}

type roleJSON struct {
	Name           string           `json:"name"`
	OrganizationID string           `json:"organization_id,omitempty"`
	DisplayName    string           `json:"display_name"`
	Site           []permissionJSON `json:"site_permissions"`
	Organization   any              `json:"organization_permissions"`
	Member         none             `json:"organization_member_permissions"`
	User           []permissionJSON `json:"user_permissions"`
}

type assignableRoleJSON struct {
	roleJSON
	Assignable bool `json:"assignable"`
	BuiltIn    bool `json:"built_in"`
}

type userJSON struct {
	ID              uuid.UUID     `json:"id"`
	Username        string        `json:"username"`
	Name            string        `json:"name"`
	AvatarURL       string        `json:"avatar_url"`
	Email           string        `json:"email"`
	CreatedAt       time.Time     `json:"created_at"`
	UpdatedAt       time.Time     `json:"updated_at"`
	LastSeenAt      time.Time     `json:"last_seen_at"`
	Status          org.Status    `json:"status"`
	LoginType       string        `json:"login_type"`
	ThemePreference string        `json:"theme_preference"`
	OrganizationIDs []uuid.UUID   `json:"organization_ids"`
	Roles           []roleRefJSON `json:"roles"`
}

type userListJSON struct {
	Users []userJSON `json:"users"`
	Count int        `json:"count"`
}

type userRolesJSON struct {
	Roles         []string               `json:"roles"`
	Organizations map[uuid.UUID][]string `json:"organization_roles"`
}

type organizationJSON struct {
	ID          uuid.UUID `json:"id"`
	Name        string    `json:"name"`
	DisplayName string    `json:"display_name"`
	Description string    `json:"description"`
	Icon        string    `json:"icon"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	IsDefault   bool      `json:"is_default"`

	DefaultRoles none `json:"default_org_member_roles"` // besides organization-member, which everybody has
}

type tokenJSON struct {
	ID              string    `json:"id"`
	UserID          uuid.UUID `json:"user_id"`
	Username        string    `json:"username"`
	Name            string    `json:"token_name"`
	Scope           string    `json:"scope"`
	Scopes          []string  `json:"scopes"`
	AllowList       []target  `json:"allow_list"`
	LoginType       string    `json:"login_type"`
	LifetimeSeconds int64     `json:"lifetime_seconds"`
	CreatedAt       time.Time `json:"created_at"`
	UpdatedAt       time.Time `json:"updated_at"`
	LastUsed        time.Time `json:"last_used"`
	ExpiresAt       time.Time `json:"expires_at"`
}

// target is what an entry of an allow list stands for.
type target struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// unlimited is how a token goes out that nothing limits, as none is limited yet.
var unlimited = struct {
	scopes    []string
	allowList []target
}{[]string{"coder:all"}, []target{{Type: rbac.Wildcard, ID: rbac.Wildcard}}}

type auditListJSON struct {
	Entries []auditEntryJSON `json:"audit_logs"`
	Count   int              `json:"count"`
}

type auditEntryJSON struct {
	Seq              int64                      `json:"seq"` // ours: what before= and after= take
	ID               uuid.UUID                  `json:"id"`
	RequestID        string                     `json:"request_id"`
	Time             time.Time                  `json:"time"`
	IP               string                     `json:"ip"`
	UserAgent        string                     `json:"user_agent"`
	ResourceType     string                     `json:"resource_type"`
	ResourceID       string                     `json:"resource_id"`
	ResourceTarget   string                     `json:"resource_target"`
	ResourceIcon     string                     `json:"resource_icon"`
	Action           string                     `json:"action"`
	Diff             map[string]org.AuditChange `json:"diff"`
	StatusCode       int                        `json:"status_code"`
	AdditionalFields struct{}                   `json:"additional_fields"`
	Description      string                     `json:"description"`
	ResourceLink     string                     `json:"resource_link"`
	Deleted          bool                       `json:"is_deleted"`
	OrganizationID   uuid.UUID                  `json:"organization_id"`
	Organization     *auditOrganizationJSON     `json:"organization,omitempty"`
	User             *userJSON                  `json:"user"`
}

type auditOrganizationJSON struct {
	ID          uuid.UUID `json:"id"`
	Name        string    `json:"name"`
	DisplayName string    `json:"display_name"`
	Icon        string    `json:"icon"`
}

// each converts a list. A list without entries is an empty one, never null.
func each[From, To any](list []From, convert func(*From) To) []To {
	out := make([]To, len(list))
	for i := range list {
		out[i] = convert(&list[i])
	}
	return out
}

// wireTime is how times go out: in UTC, to the microsecond, as they are stored.
func wireTime(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// idOrNothing leaves out the organization of what belongs to the site.
func idOrNothing(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

func wireRoleRef(r *org.RoleRef) roleRefJSON {
	return roleRefJSON{Name: r.Name, DisplayName: r.DisplayName, OrganizationID: idOrNothing(r.OrganizationID)}
}

func wireMember(m *org.Member) memberJSON {
	return memberJSON{
		UserID:         m.UserID,
		OrganizationID: m.OrganizationID,
		CreatedAt:      wireTime(m.CreatedAt),
		UpdatedAt:      wireTime(m.UpdatedAt),
		Roles:          each(m.Roles, wireRoleRef),
	}
}

func wireMemberWithUser(m *org.Member) memberWithUserJSON {
	return memberWithUserJSON{
		memberJSON: wireMember(m),
		Username:   m.Username,
		Name:       m.Name,
		AvatarURL:  m.AvatarURL,
		Email:      m.Email,
		SiteRoles:  each(m.SiteRoles, wireRoleRef),
	}
}

func wirePermission(p *rbac.Permission) permissionJSON {
	return permissionJSON{Negate: p.Negate, ResourceType: p.ResourceType, Action: p.Action}
}

func wireRole(r *org.Role) roleJSON {
	return roleJSON{
		Name:           r.Name,
		OrganizationID: idOrNothing(r.OrganizationID),
		DisplayName:    r.DisplayName,
		Site:           each(r.Site, wirePermission),
		Organization:   each(r.Organization, wirePermission),
		User:           each(r.User, wirePermission),
	}
}

// wirePatchedRole is a site role as the document that has PATCH /users/roles shows it: with a map by organization,
// which in a site role is empty.
func wirePatchedRole(r *org.Role) roleJSON {
	role := wireRole(r)
	role.Organization = struct{}{}
	return role
}

func wireAssignableRole(r *org.Role) assignableRoleJSON {
	return assignableRoleJSON{roleJSON: wireRole(r), Assignable: r.Assignable, BuiltIn: r.BuiltIn}
}

func wireAssignment(a *org.Assignment) memberRolesJSON {
	return memberRolesJSON{
		Roles:   each(a.Member.Roles, wireRoleRef),
		Choices: each(a.Choices, func(c *org.RoleChoice) assignableRoleJSON { return wireAssignableRole(&c.Role) }),
	}
}

func wireUser(u *org.User) userJSON {
	return userJSON{
		ID:              u.ID,
		Username:        u.Username,
		Name:            u.Name,
		AvatarURL:       u.AvatarURL,
		Email:           u.Email,
		CreatedAt:       wireTime(u.CreatedAt),
		UpdatedAt:       wireTime(u.UpdatedAt),
		LastSeenAt:      wireTime(u.LastSeenAt),
		Status:          u.Status,
		LoginType:       u.LoginType,
		OrganizationIDs: append([]uuid.UUID{}, u.OrganizationIDs...),
		Roles:           each(u.Roles, wireRoleRef),
	}
}

func wireOrganization(o *org.Organization) organizationJSON {
	return organizationJSON{
		ID:          o.ID,
		Name:        o.Name,
		DisplayName: o.DisplayName,
		Description: o.Description,
		Icon:        o.Icon,
		CreatedAt:   wireTime(o.CreatedAt),
		UpdatedAt:   wireTime(o.UpdatedAt),
		IsDefault:   o.IsDefault,
	}
}

func wireToken(t *org.Token) tokenJSON {
	return tokenJSON{
		ID:              t.ID,
		UserID:          t.UserID,
		Username:        t.Username,
		Name:            t.Name,
		Scope:           t.Scope,
		Scopes:          unlimited.scopes,
		AllowList:       unlimited.allowList,
		LoginType:       t.LoginType,
		LifetimeSeconds: int64(t.Lifetime / time.Second),
		CreatedAt:       wireTime(t.CreatedAt),
		UpdatedAt:       wireTime(t.UpdatedAt),
		LastUsed:        wireTime(t.LastUsed),
		ExpiresAt:       wireTime(t.ExpiresAt),
	}
}

func wireAuditEntry(e *org.AuditEntry) auditEntryJSON {
	entry := auditEntryJSON{
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
		Diff:           e.Diff,
		StatusCode:     e.StatusCode,
		Description:    e.Description,
		Deleted:        e.Deleted,
		OrganizationID: e.OrganizationID,
	}
	if entry.Diff == nil {
		entry.Diff = map[string]org.AuditChange{}
	}
	if o := e.Organization; o != nil {
		entry.Organization = &auditOrganizationJSON{ID: o.ID, Name: o.Name, DisplayName: o.DisplayName, Icon: o.Icon}
	}
	if e.User != nil {
		user := wireUser(e.User)
		entry.User = &user
	}
	return entry
}

// The rows of a list of members are written by hand: a list may have a hundred thousand of them, and reflection would
// take most of the time. A test holds appendMember to what encoding/json makes of wireMemberWithUser.

func appendMember(b []byte, m *org.Member) []byte {
	b = appendUUID(append(b, `{"user_id":`...), m.UserID)
	b = appendUUID(append(b, `,"organization_id":`...), m.OrganizationID)
	b = appendTime(append(b, `,"created_at":`...), m.CreatedAt)
	b = appendTime(append(b, `,"updated_at":`...), m.UpdatedAt)
	b = appendRoleRefs(append(b, `,"roles":`...), m.Roles)
	b = appendString(append(b, `,"username":`...), m.Username)
	b = appendString(append(b, `,"name":`...), m.Name)
	b = appendString(append(b, `,"avatar_url":`...), m.AvatarURL)
	b = appendString(append(b, `,"email":`...), m.Email)
	b = appendRoleRefs(append(b, `,"global_roles":`...), m.SiteRoles)
	return append(b, '}')
}

func appendRoleRefs(b []byte, refs []org.RoleRef) []byte {
	b = append(b, '[')
	for i := range refs {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"name":`...), refs[i].Name)
		b = appendString(append(b, `,"display_name":`...), refs[i].DisplayName)
		if refs[i].OrganizationID != uuid.Nil {
			b = appendUUID(append(b, `,"organization_id":`...), refs[i].OrganizationID)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

func appendUUID(b []byte, id uuid.UUID) []byte {
	b = append(b, '"')
	for i, end := range [...]int{4, 6, 8, 10, 16} {
		start := [...]int{0, 4, 6, 8, 10}[i]
		if start > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, id[start:end])
	}
	return append(b, '"')
}

func appendTime(b []byte, t time.Time) []byte {
	b = wireTime(t).AppendFormat(append(b, '"'), time.RFC3339Nano)
	return append(b, '"')
}

// appendString copies plain text and leaves to encoding/json what has to be escaped or looked at closely.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) // a string always has a JSON form
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
