package client_test

import (
	"net/http"

	"github.com/google/uuid"

	"rolecall.example/client"
)

func (s *session) sync() {
	const okta = client.SyncProvider("okta")
	home := s.site.Organizations["default"].ID
	set, err := s.SetOrganizationSync(s.ctx, "", client.OrganizationSync{Field: "groups", Mapping: map[string][]uuid.UUID{"eng": {home}}})
	if s.ok(err); set.Field != "groups" || set.Mapping["eng"][0] != home || set.AssignDefault {
		s.Errorf("SetOrganizationSync = %+v", set)
	}
	set, err = s.SetOrganizationSyncConfig(s.ctx, okta, client.OrganizationSyncConfig{Field: "teams", AssignDefault: true})
	if s.ok(err); set.Field != "teams" || len(set.Mapping) != 1 || !set.AssignDefault {
		s.Errorf("SetOrganizationSyncConfig = %+v", set)
	}
	pair := client.SyncPair[uuid.UUID]{Given: "eng", Gets: home}
	_, err = s.ChangeOrganizationSync(s.ctx, okta, client.SyncMapping[uuid.UUID]{Remove: []client.SyncPair[uuid.UUID]{pair}})
	s.ok(err)
	set, err = s.OrganizationSync(s.ctx, okta)
	if s.ok(err); len(set.Mapping) != 0 || set.Mapping == nil {
		s.Errorf("OrganizationSync = %+v, want no pair", set)
	}
	forecast, err := s.TestSync(s.ctx, client.SyncTest{Provider: "okta", Claims: map[string]any{"teams": []string{"eng"}}})
	if s.ok(err); forecast.States["teams"] != "values" {
		s.Errorf("TestSync = %+v", forecast)
	}
	forecast, err = s.TestOrganizationSync(s.ctx, "default", client.OrganizationSyncTest{
		Claims: map[string]any{"teams": []string{"eng"}}, Draft: &client.RoleSync{Field: "teams", Mapping: map[string][]string{"eng": {"organization-auditor"}}},
	})
	if s.ok(err); len(forecast.Roles) != 1 || forecast.Roles[0].Role != "organization-auditor" || forecast.Roles[0].Change != "add" {
		s.Errorf("TestOrganizationSync = %+v", forecast)
	}
	_, err = s.ReleaseSync(s.ctx, "oidc:okta", client.ReleaseSync{})
	s.refused(http.StatusNotFound, err) // it is not held
	s.roleSync(client.Site(), "auditor")
	s.roleSync(client.In("default"), "organization-auditor")
}

// roleSync calls everything about the rule set for the roles of a scope.
func (s *session) roleSync(in client.Scope, role string) {
	set, err := s.SetRoleSync(s.ctx, in, "", client.RoleSync{Field: "groups", Mapping: map[string][]string{"eng": {role}}})
	if s.ok(err); set.Mapping["eng"][0] != role {
		s.Errorf("SetRoleSync = %+v", set)
	}
	_, err = s.SetRoleSyncConfig(s.ctx, in, "okta", client.RoleSyncConfig{Field: "teams"})
	s.ok(err)
	_, err = s.ChangeRoleSync(s.ctx, in, "okta", client.SyncMapping[string]{Add: []client.SyncPair[string]{{Given: "ops", Gets: role}}})
	s.ok(err)
	set, err = s.RoleSync(s.ctx, in, "okta")
	if s.ok(err); set.Field != "teams" || len(set.Mapping) != 2 {
		s.Errorf("RoleSync = %+v", set)
	}
	fields, err := s.ClaimFields(s.ctx, in, "okta")
	if s.ok(err); fields == nil || len(fields) != 0 {
		s.Errorf("ClaimFields = %q, want none: nobody has signed in", fields)
	}
	values, err := s.ClaimValues(s.ctx, in, "okta", "groups")
	if s.ok(err); values == nil || len(values) != 0 {
		s.Errorf("ClaimValues = %q, want none", values)
	}
}
