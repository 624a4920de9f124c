package client_test

import (
	"strings"

	"rolecall.example/client"
)

func (s *session) directory() {
	name := "Okta"
	d, err := s.UpdateDirectory(s.ctx, "default", client.UpdateDirectory{Name: &name})
	if s.ok(err); d.Name != name || !d.Configured || d.State != "off" {
		s.Errorf("UpdateDirectory = %+v", d)
	}
	token, err := s.CreateDirectoryToken(s.ctx, "default", client.CreateDirectoryToken{ExpiresIn: "24h"})
	if s.ok(err); !strings.HasPrefix(token.Token, "scim_"+token.ID.String()+"-") {
		s.Errorf("CreateDirectoryToken = %+v", token)
	}
	rules := client.SetDirectoryRules{Rules: []client.DirectoryRule{{Match: "displayName", Value: "Engineers", Role: "organization-auditor"}}}
	impact, err := s.PreviewDirectoryRules(s.ctx, "default", rules)
	if s.ok(err); impact.Affected != 0 {
		s.Errorf("PreviewDirectoryRules = %+v", impact)
	}
	_, err = s.SetDirectoryRules(s.ctx, "default", rules)
	s.ok(err)
	stored, err := s.DirectoryRules(s.ctx, "default")
	if s.ok(err); len(stored.Rules) != 1 || stored.Rules[0] != rules.Rules[0] {
		s.Errorf("DirectoryRules = %+v", stored)
	}
	d, err = s.Directory(s.ctx, "default")
	if s.ok(err); len(d.Tokens) != 1 || d.Tokens[0].Token != "" || d.State != "waiting" {
		s.Errorf("Directory = %+v", d)
	}
	s.ok(s.DeleteDirectoryToken(s.ctx, "default", token.ID))
}
