package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"rolecall.example/db/dbtest"
)

// The demo by itself has the same people, roles and history whatever else it learns: what is written about it names them.
// Left out is what no two runs share: the moment, of which only distances count, ids of organizations and roles, secrets.
func TestDemoStaysAsItIs(t *testing.T) {
	t.Parallel()
	const today = "(SELECT max(created_at) FROM api_keys)"
	file, _ := demoFile(t, 1284)
	for _, want := range []struct{ what, sum, query string }{
		{"accounts", "c1290a397c78419b", "SELECT id, username, email, name, status, login_type, roles, created_at - " + today + ", last_seen_at - " + today + " FROM users WHERE username <> 'ada' ORDER BY seq"},
		{"members", "c2a7846467d1e030", "SELECT o.name, m.username, m.roles, m.site_roles, m.created_at - " + today + ", m.updated_at - " + today + " FROM organization_members m JOIN organizations o ON o.id = m.organization_id WHERE m.username <> 'ada' ORDER BY 1, 2"},
		{"organizations", "a451538a990a903c", "SELECT name, display_name, description, member_count FROM organizations ORDER BY name"},
		{"roles", "8e74f240441fa018", "SELECT o.name, r.name, r.display_name, r.created_at - " + today + ", p.level, p.resource_type, p.action, p.negate FROM roles r JOIN organizations o ON o.id = r.organization_id JOIN role_permissions p ON p.role_id = r.id ORDER BY 1, 2, 5, 6, 7"},
		{"history", "be7b828070654f1a", "SELECT actor, action, resource_type, resource_target, status_code, ip, user_agent, time - " + today + " FROM audit_logs ORDER BY seq"},
	} {
		hash := sha256.New()
		rows := dbtest.Rows(t, file, want.query)
		for _, row := range rows {
			fmt.Fprintf(hash, "%q\n", row)
		}
		if got := hex.EncodeToString(hash.Sum(nil)[:8]); got != want.sum {
			t.Errorf("%s: %d rows with the sum %s, want %s", want.what, len(rows), got, want.sum)
		}
	}
}
