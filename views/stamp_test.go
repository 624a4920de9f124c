package views

import (
	"strings"
	"testing"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// TestMissingRows: what a printed page leaves out is said, of each kind of page; nothing is said where it has all.
func TestMissingRows(t *testing.T) {
	t.Parallel()
	entries := org.AuditList{Count: 5001, Entries: make([]org.AuditEntry, 5000)}
	many := make([]org.Role, 1000)
	paper := Matrix{Catalog: rbac.Default(), Show: MatrixAll, Print: true, List: org.RolePage{RoleList: org.RoleList{Organization: org.Organization{Name: "acme"}, Roles: many}}}
	areas := paper.areas(paper.columns())
	blocks := paper.blocks(1000, areas)
	shown := blocks[len(blocks)-1].to
	if rows := len(blocks) * matrixRows(areas); rows > PrintedRows || shown >= 1000 || shown != 12*len(blocks) {
		t.Errorf("%d rows in %d tables show %d roles", rows, len(blocks), shown)
	}
	for got, want := range map[string]string{
		Audit{Print: true, List: entries}.missing():                                                         "1 entry is missing on this page. The CSV has everything.",
		Audit{Print: true, Back: "/users/ada?tab=activity", List: entries}.missing():                        "1 entry is missing on this page. The audit log has everything.",
		Audit{List: entries}.missing() + Audit{Print: true}.missing():                                       "",
		RolePaper{View: org.RoleView{Role: org.Role{Members: 3}}, Members: make([]org.Member, 1)}.missing(): "2 people are missing on this page. The list of those who have the role has everyone.",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := printURL("/audit?q=a%3Ab"); !strings.Contains(got, "q=a%3Ab") || !strings.HasSuffix(got, "print=1&q=a%3Ab") {
		t.Errorf("the address is %q", got)
	}
}
