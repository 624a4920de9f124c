package web_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/web/webtest"
)

// TestNewAccounts checks docs/spec/users.md, accounts: what is refused of a new one, in which words and order, and what
// becomes of the rest. Nothing is stored of what is refused.
func TestNewAccounts(t *testing.T) {
	t.Parallel()
	const (
		noOrganization = "No organization specified to place the user as a member of. It is required to specify at least one organization id to place the user in."
		unknown        = "7c60d51f-b44e-4682-87d6-449835ea4de6"
		noLogin        = "Service accounts must use login type 'none'."
		noPassword     = "Password cannot be set for service accounts."
		noEmail        = "Email cannot be set for service accounts."
	)
	bothMounts(t, func(t *testing.T, s *webtest.Site, mount string) {
		home := s.Organizations[webtest.Default].ID.String()
		for _, tt := range []struct {
			as, body string
			status   int
			message  string
			fields   string
		}{
			{webtest.Member, `{"username":"_"}`, 403, "You are not authorized to create users.", ""},
			{webtest.Owner, `{"username":"fresh","email":"fresh@example.com","login_type":"none"}`, 400, noOrganization, "organization_ids"},
			{webtest.Owner, `{"username":"fresh","email":"fresh@example.com","login_type":"none","organization_ids":[]}`, 400, noOrganization, "organization_ids"},
			{webtest.Owner, `{"username":"MEMBER","email":"fresh@example.com","login_type":"none","organization_ids":["` + unknown + `"]}`, 409, "User already exists.", ""},
			{webtest.Owner, `{"username":"fresh","email":"Member@Example.com","login_type":"none","organization_ids":["` + unknown + `"]}`, 409, "User already exists.", ""},
			{webtest.Owner, `{"username":"fresh","email":"fresh@example.com","login_type":"none","organization_ids":["` + unknown + `"]}`, 404, `Organization does not exist with the provided id "` + unknown + `".`, ""},
			{webtest.Owner, `{"username":"fresh","email":"fresh@example.com","login_type":"none","organization_ids":["HOME"],"roles":["gone"]}`, 400, `"gone" is not a supported role`, "roles[0]"},
			{webtest.Owner, `{"username":"fresh","email":"fresh@example.com","login_type":"oidc","organization_ids":["HOME"]}`, 400, "You must configure OIDC before creating OIDC users.", "login_type"},
			{webtest.Owner, `{"username":"fresh","email":"fresh@example.com","login_type":"github","organization_ids":["HOME"]}`, 400, `Unsupported login type "github" for manually creating new users.`, "login_type"},
			{webtest.Owner, `{"username":"fresh","service_account":true,"login_type":"password","password":"x","email":"y","organization_ids":["HOME"]}`, 400, noLogin, "email login_type password"},
			{webtest.Owner, `{"username":"fresh","service_account":true,"password":"x","email":"y","organization_ids":["HOME"]}`, 400, noPassword, "email password"},
			{webtest.Owner, `{"username":"fresh","service_account":true,"login_type":"none","email":"y","organization_ids":["HOME"]}`, 400, noEmail, "email"},
			{webtest.Owner, `{"username":"authmethods","service_account":true,"organization_ids":["HOME"]}`, 400, "Validation failed.", "username"},
			{webtest.Owner, `{"username":"fresh","email":"fresh@example.com","login_type":"none","organization_ids":["HOME"],"avatar_url":"https://example.com/a.png","email_verified":true}`,
				400, "Validation failed.", "avatar_url email_verified"},
		} {
			before := s.State(t)
			body := strings.ReplaceAll(tt.body, "HOME", home)
			res := s.Do(t, webtest.Request{Method: "POST", Path: mount + "/users", As: tt.as, JSON: body})
			if got := strings.Join(faulty(res), " "); res.StatusCode != tt.status || res.Error().Message != tt.message || got != tt.fields {
				t.Errorf("%s: got %d %s, want %d %q about %q", body, res.StatusCode, res.Body, tt.status, tt.message, tt.fields)
			}
			if diff := cmp.Diff(before, s.State(t)); diff != "" {
				t.Fatalf("%s: stored\n%s", body, diff)
			}
		}
	})
}
