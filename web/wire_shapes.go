package web

import (
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

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

// none is a list that Coder's API may fill and this server never does.
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
