package web_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// The shapes that Coder's clients of today decode, with every field that they have.
type (
	coderRoleRef struct {
		Name           string `json:"name"`
		DisplayName    string `json:"display_name"`
		OrganizationID string `json:"organization_id,omitempty"`
	}
	coderUser struct {
		ID               uuid.UUID      `json:"id"`
		Username         string         `json:"username"`
		Name             string         `json:"name"`
		AvatarURL        string         `json:"avatar_url"`
		Email            string         `json:"email"`
		CreatedAt        time.Time      `json:"created_at"`
		UpdatedAt        time.Time      `json:"updated_at"`
		LastSeenAt       time.Time      `json:"last_seen_at"`
		Status           string         `json:"status"`
		LoginType        string         `json:"login_type"`
		ThemePreference  string         `json:"theme_preference"`
		OrganizationIDs  []uuid.UUID    `json:"organization_ids"`
		Roles            []coderRoleRef `json:"roles"`
		IsServiceAccount bool           `json:"is_service_account"`
		HasAISeat        bool           `json:"has_ai_seat"`
	}
	coderOrganization struct {
		ID           uuid.UUID `json:"id"`
		Name         string    `json:"name"`
		DisplayName  string    `json:"display_name"`
		Description  string    `json:"description"`
		Icon         string    `json:"icon"`
		CreatedAt    time.Time `json:"created_at"`
		UpdatedAt    time.Time `json:"updated_at"`
		IsDefault    bool      `json:"is_default"`
		DefaultRoles []string  `json:"default_org_member_roles"`
	}
	coderPermission struct {
		Negate       bool   `json:"negate"`
		ResourceType string `json:"resource_type"`
		Action       string `json:"action"`
	}
	coderRole struct {
		Name           string            `json:"name"`
		OrganizationID string            `json:"organization_id,omitempty"`
		DisplayName    string            `json:"display_name"`
		Description    string            `json:"description"` // which theirs reads over
		Site           []coderPermission `json:"site_permissions"`
		Organization   []coderPermission `json:"organization_permissions"`
		Member         []coderPermission `json:"organization_member_permissions"`
		User           []coderPermission `json:"user_permissions"`
	}
	coderAssignableRole struct {
		coderRole
		Assignable bool `json:"assignable"`
		BuiltIn    bool `json:"built_in"`
	}
	coderAllowed struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	}
	coderKey struct {
		ID              string         `json:"id"`
		UserID          uuid.UUID      `json:"user_id"`
		LastUsed        time.Time      `json:"last_used"`
		ExpiresAt       time.Time      `json:"expires_at"`
		CreatedAt       time.Time      `json:"created_at"`
		UpdatedAt       time.Time      `json:"updated_at"`
		LoginType       string         `json:"login_type"`
		Scope           string         `json:"scope"`
		Scopes          []string       `json:"scopes"`
		TokenName       string         `json:"token_name"`
		LifetimeSeconds int64          `json:"lifetime_seconds"`
		AllowList       []coderAllowed `json:"allow_list"`
		Username        string         `json:"username"`
		Organizations   []string       `json:"organizations"` // this and the next are ours
		CreatedBy       string         `json:"created_by"`
	}
)

// exactly decodes an answer into a shape that has all of its fields and no other.
func exactly[T any](t *testing.T, res *webtest.Response) (v T) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(res.Body))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("got %d %s: %v", res.StatusCode, res.Body, err)
	}
	again, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var want any
	if err := json.Unmarshal(again, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, res.Value()); diff != "" { // a field that is missing is in want with its zero value
		t.Fatalf("the answer has not all fields (-want +got)\n%s", diff)
	}
	return v
}

// script is what a client does with one server, one request after the other.
type script struct {
	*testing.T
	site  *webtest.Site
	token string
}

// ask sends a request, which must be answered with the status, and with the mark that keeps clients from warning.
func (s *script) ask(method, path string, body any, status int) *webtest.Response {
	s.Helper()
	res := s.site.Do(s, webtest.Request{Method: method, Path: "/api/v2" + path, JSON: body, Header: http.Header{"Coder-Session-Token": {s.token}}})
	if res.StatusCode != status {
		s.Fatalf("%s %s: got %d, want %d\n%s", method, path, res.StatusCode, status, res.Body)
	}
	if !strings.Contains(res.Header.Get("X-Coder-Build-Version"), "v0.0.0") {
		s.Errorf("%s %s: a client would warn of version %q", method, path, res.Header.Get("X-Coder-Build-Version"))
	}
	return res
}

// text is a field of an answer.
func text(res *webtest.Response, field string) string {
	v, _ := res.Value().(map[string]any)[field].(string)
	return v
}

type object = map[string]any

// TestScript is a session as the CLI and the Terraform provider have it, from the first account on, in both styles.
func TestScript(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, style web.Wire) {
		s := &script{T: t, site: webtest.NewEmpty(t, webtest.Wire(style))}
		s.ask("GET", "/users/first", nil, 404)
		s.ask("POST", "/users/first", object{
			"email": "ada@example.com", "username": "ada", "name": "Ada", "password": webtest.Password, "setup_token": webtest.SetupToken,
			"trial": true, "trial_info": object{"first_name": "Ada"},
		}, 201)
		s.token = text(s.ask("POST", "/users/login", object{"email": "ada@example.com", "password": webtest.Password}, 201), "session_token")
		s.token = text(s.ask("POST", "/users/me/keys", nil, 201), "key")
		me := exactly[coderUser](t, s.ask("GET", "/users/me", nil, 200))
		s.ask("GET", "/entitlements", nil, 200)
		home := exactly[[]coderOrganization](t, s.ask("GET", "/users/me/organizations", nil, 200))[0]
		if me.OrganizationIDs[0] != home.ID || !home.IsDefault {
			t.Errorf("the first organization of %+v is %+v", me, home)
		}
		s.tokens()
		s.roles()
		s.accounts(home.ID)
		s.organizations(home.ID)
	})
}

func (s *script) tokens() {
	var most struct {
		Max int64 `json:"max_token_lifetime"`
	}
	s.ask("GET", "/users/me/keys/tokens/tokenconfig", nil, 200).Decode(&most)
	create := func(name string) (key, id string) {
		key = text(s.ask("POST", "/users/me/keys/tokens", object{"token_name": name, "lifetime": most.Max, "scope": "all"}, 201), "key")
		id, _, _ = strings.Cut(key, "-")
		return key, id
	}
	_, id := create("by-name")
	k := exactly[coderKey](s.T, s.ask("GET", "/users/me/keys/tokens/by-name", nil, 200))
	unlimited := cmp.Diff([]coderAllowed{{"*", "*"}}, k.AllowList) == "" && k.Scope == "all" && cmp.Diff([]string{"coder:all"}, k.Scopes) == ""
	if k.ID != id || k.LifetimeSeconds != most.Max/int64(time.Second) || k.LoginType != "token" || !unlimited {
		s.Errorf("the token is %+v", k)
	}
	s.ask("DELETE", "/users/me/keys/"+k.ID, nil, 204)
	_, id = create("by-id")
	exactly[coderKey](s.T, s.ask("GET", "/users/me/keys/"+id, nil, 200))
	if list := exactly[[]coderKey](s.T, s.ask("GET", "/users/me/keys/tokens", nil, 200)); len(list) != 1 || list[0].ID != id {
		s.Errorf("the tokens are %+v", list)
	}
	s.ask("PUT", "/users/me/keys/"+id+"/expire", nil, 204)
	s.ask("DELETE", "/users/me/keys/"+id, nil, 204)
	s.ask("GET", "/users/me/keys/"+id, nil, 404)
}

func (s *script) roles() {
	exactly[[]coderAssignableRole](s.T, s.ask("GET", "/users/roles", nil, 200))
	was := len(exactly[[]coderAssignableRole](s.T, s.ask("GET", roles, nil, 200)))
	role := object{
		"name": "night", "display_name": "Night", "site_permissions": nil, "user_permissions": nil, "organization_member_permissions": []any{},
		"organization_permissions": []any{object{"resource_type": "template", "action": "read", "negate": false}},
	}
	s.ask("POST", roles, role, 200)
	list := exactly[[]coderAssignableRole](s.T, s.ask("GET", roles, nil, 200))
	if len(list) != was+1 {
		s.Errorf("%d roles, and then %d", was, len(list))
	}
	for _, r := range list { // as it came, with its name for people changed
		if r.Name == "night" {
			r.DisplayName = "Reads all"
			s.ask("PUT", roles, r, 200)
		}
	}
	s.ask("GET", members, nil, 200)
}

func (s *script) accounts(home uuid.UUID) {
	in := object{
		"email": "eve@example.com", "username": "eve", "name": "Eve", "password": webtest.Password, "login_type": "password", "user_status": nil,
		"organization_ids": []uuid.UUID{home}, "roles": []string{"auditor"},
	}
	eve := exactly[coderUser](s.T, s.ask("POST", "/users", in, 201))
	if eve.Status != "dormant" || len(eve.Roles) != 1 || eve.Roles[0].Name != "auditor" || eve.IsServiceAccount {
		s.Errorf("eve is %+v", eve)
	}
	s.ask("PUT", "/users/eve/roles", object{"roles": []string{"auditor", "user-admin"}}, 200)
	if got := s.ask("GET", "/users/eve/roles", nil, 200).Text(); !strings.Contains(got, `"roles":["auditor","user-admin"]`) {
		s.Errorf("her roles are %s", got)
	}
	s.ask("PUT", members+"/eve/roles", object{"roles": []string{"night"}}, 200)
	s.ask("PUT", "/users/eve/profile", object{"username": "eve", "name": "Eve E", "avatar_url": "https://example.com/eve.png"}, 200)
	eve = exactly[coderUser](s.T, s.ask("PUT", "/users/"+eve.ID.String()+"/status/suspend", nil, 200))
	if eve.Status != "suspended" || eve.AvatarURL != "https://example.com/eve.png" {
		s.Errorf("eve is %+v", eve)
	}
	s.ask("PUT", "/users/eve/status/activate", nil, 200)
	s.ask("DELETE", "/users/"+eve.ID.String(), nil, 200)
	gone := s.ask("GET", "/users/"+eve.ID.String(), nil, 400).Error()
	if byName := s.ask("GET", "/users/eve", nil, 400).Error(); gone.Message != byName.Message || !strings.Contains(gone.Message, "must be an existing uuid or username") {
		s.Errorf("deleted: %+v, %+v", gone, byName)
	}
	bot := exactly[coderUser](s.T, s.ask("POST", "/users", object{"username": "ci", "service_account": true, "organization_ids": []uuid.UUID{home}}, 201))
	if bot.Status != "active" || bot.Email != "" || bot.LoginType != "none" || !bot.IsServiceAccount {
		s.Errorf("the service account is %+v", bot)
	}
	none := exactly[coderUser](s.T, s.ask("POST", "/users", object{"username": "tf", "email": "tf@example.com", "login_type": "none", "organization_ids": []uuid.UUID{home}}, 201))
	if none.IsServiceAccount || none.LoginType != "none" {
		s.Errorf("an account without a login is %+v", none)
	}
}

func (s *script) organizations(home uuid.UUID) {
	o := exactly[coderOrganization](s.T, s.ask("POST", "/organizations", object{"name": "labs", "display_name": "Labs", "description": "", "icon": ""}, 201))
	o.Description = "Research"
	if got := exactly[coderOrganization](s.T, s.ask("PATCH", "/organizations/labs", o, 200)); got.Description != "Research" || len(got.DefaultRoles) > 0 {
		s.Errorf("it is %+v", got)
	}
	me := exactly[coderUser](s.T, s.ask("GET", "/users/me", nil, 200))
	if diff := cmp.Diff([]uuid.UUID{home, o.ID}, me.OrganizationIDs); diff != "" {
		s.Errorf("mine are\n%s", diff)
	}
	exactly[coderOrganization](s.T, s.ask("GET", "/users/me/organizations/labs", nil, 200))
	s.ask("DELETE", "/organizations/"+o.ID.String(), nil, 200)
	s.ask("GET", "/organizations/labs", nil, 404)
}
