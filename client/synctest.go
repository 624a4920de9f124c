package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/google/uuid"
)

// SyncTest asks what a sign-in would do: with these claims, with the last ones of an account, or with new claims of an account.
type SyncTest struct {
	Provider string         `json:"provider,omitempty"` // id in the settings; "": the first
	Claims   map[string]any `json:"claims,omitempty"`
	User     string         `json:"user,omitempty"`  // id or username
	Draft    *SyncDraft     `json:"draft,omitempty"` // in place of what is stored
}

// SyncDraft has rule sets that are not stored. Those that are missing are used as stored.
type SyncDraft struct {
	Organization *SyncDraftRules           `json:"organization,omitempty"`
	Roles        map[string]SyncDraftRules `json:"roles,omitempty"` // by organization, id or name
	SiteRoles    *SyncDraftRules           `json:"site_roles,omitempty"`
}

// SyncDraftRules is one rule set of a draft.
type SyncDraftRules struct {
	Field         string              `json:"field"`
	Mapping       map[string][]string `json:"mapping"`
	AssignDefault *bool               `json:"organization_assign_default,omitempty"` // of organizations; true if nil
}

// SyncForecast is what a sign-in would do.
type SyncForecast struct {
	States        map[string]string      `json:"states"` // by claim: absent, truncated, empty or values
	Organizations []SyncForecastPlace    `json:"organizations"`
	Roles         []SyncForecastRole     `json:"roles"`
	SiteRoles     []SyncForecastSiteRole `json:"site_roles"`
	Unmatched     []string               `json:"unmatched"` // values that no rule knows
	Held          []SyncForecastHeld     `json:"held"`      // what would end but stays
	Impact        *SyncImpact            `json:"impact,omitempty"`
}

// SyncForecastPlace is a membership. Change is add, keep or end.
type SyncForecastPlace struct {
	ID     uuid.UUID `json:"id"`
	Name   string    `json:"name"` // "" if the caller may not read the organization
	Rule   string    `json:"rule"`
	Change string    `json:"change"`
}

// SyncForecastRole is a role of an organization.
type SyncForecastRole struct {
	OrganizationID uuid.UUID `json:"organization_id"`
	Role           string    `json:"role"`
	Rule           string    `json:"rule"`
	Change         string    `json:"change"`
}

// SyncForecastSiteRole is a role of the site.
type SyncForecastSiteRole struct {
	Role   string `json:"role"`
	Rule   string `json:"rule"`
	Change string `json:"change"`
}

// SyncForecastHeld is a role or a membership that no rule gives, and that stays.
type SyncForecastHeld struct {
	OrganizationID *uuid.UUID `json:"organization_id,omitempty"` // nil: the site
	Role           string     `json:"role"`
	Rule           string     `json:"rule"`
	Why            string     `json:"why"` // last-owner, last-admin, or held
}

// SyncImpact is what the rules would do to everyone who signs in with the provider, by their last claims.
type SyncImpact struct {
	People   int              `json:"people"`
	Complete bool             `json:"complete"` // false: not everyone was examined
	Losses   []SyncImpactLine `json:"losses"`
	Gains    []SyncImpactLine `json:"gains"`
}

// SyncImpactLine is a role, or the membership organization-member, that some people would gain or lose.
type SyncImpactLine struct {
	OrganizationID *uuid.UUID `json:"organization_id,omitempty"` // nil: the site
	Organization   string     `json:"organization,omitempty"`    // its name
	Role           string     `json:"role"`
	People         int        `json:"people"`
	Sample         []string   `json:"sample"` // usernames of some
}

// ReleaseSync says what to do with the records of a source that has left the settings.
type ReleaseSync struct {
	Action string `json:"action,omitempty"` // keep or end; "" for a source that is held
}

// SyncReleased is the result of a release.
type SyncReleased struct {
	Source string `json:"source"`
	People int    `json:"people"` // whose records became local ones, or ended
	Kept   int    `json:"kept"`   // of them, last owners and admins, who keep what they had
}

// TestSync returns what a sign-in would do. It changes nothing.
func (c *Client) TestSync(ctx context.Context, r SyncTest) (SyncForecast, error) {
	return fetch[SyncForecast](ctx, c, send(http.MethodPost, r, "settings", "idpsync", "test"))
}

// OrganizationSyncTest asks what a sign-in would do to a member of an organization. Without a user it is a member who holds
// nothing else.
type OrganizationSyncTest struct {
	Provider string         `json:"provider,omitempty"` // id in the settings; "": the first
	Claims   map[string]any `json:"claims,omitempty"`
	User     string         `json:"user,omitempty"`  // id or username of a member
	Draft    *RoleSync      `json:"draft,omitempty"` // in place of the stored rule set
}

// TestOrganizationSync returns what a sign-in would do in an organization, and what its rules would do to its members. It changes
// nothing.
func (c *Client) TestOrganizationSync(ctx context.Context, organization string, r OrganizationSyncTest) (SyncForecast, error) {
	return fetch[SyncForecast](ctx, c, send(http.MethodPost, r, "organizations", organization, "settings", "idpsync", "test"))
}

// ReleaseSync lets a held source, like oidc:okta, take roles away again, or gives up the records of one that has left the
// settings.
func (c *Client) ReleaseSync(ctx context.Context, source string, r ReleaseSync) (SyncReleased, error) {
	return fetch[SyncReleased](ctx, c, send(http.MethodPost, r, "settings", "idpsync", "release").with(url.Values{"source": {source}}))
}
