package views

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// leaving is a person who made much.
func leaving() Offboard {
	acme := org.Organization{ID: uuid.New(), Name: "acme", DisplayName: "Acme"}
	f := Offboard{Names: SourceNames{"oidc:okta": "Okta"}}
	f.User = org.User{Username: "maria", Name: "Maria"}
	for i := range 9 {
		f.Left = append(f.Left, org.LeftBehind{Kind: org.LeftRole, Name: fmt.Sprint("r", i), DisplayName: fmt.Sprint("Role ", i), Organization: acme})
	}
	f.Left = append(f.Left,
		org.LeftBehind{Kind: org.LeftToken, Name: "ci", User: "runner"}, org.LeftBehind{Kind: org.LeftDirectory, Name: "Acme", Organization: acme},
		org.LeftBehind{Kind: org.LeftSyncRules, Name: "okta", Rules: org.SyncOrganizations}, org.LeftBehind{Kind: org.LeftInvitation, Name: "a@x.example", Organization: acme})
	return f
}

// TestLeftBehindWords: what an account made stands on its page by kind, each with its link; many of a kind fold.
func TestLeftBehindWords(t *testing.T) {
	t.Parallel()
	doc := render(t, OffboardPage(leaving()))
	text := strings.Join(strings.Fields(doc.Text()), " ")
	for _, want := range []string{
		"9 custom roles stay", "3 others", "1 API token for another account keeps working", "ci of runner", "1 directory stays", "1 set of sign-in rules stays", "Okta",
		"1 open invitation stops working", "Role 0 (Acme) · Role 1 (Acme)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q: %s", want, text)
		}
	}
	for _, url := range []string{
		"/organizations/acme/members/roles/r8", "/users/runner/keys/tokens", "/organizations/acme/directory", "/settings/sync/okta", "/organizations/acme/invitations",
	} {
		if doc.Find(`a[href="`+url+`"]`).Length() == 0 {
			t.Errorf("nothing leads to %s", url)
		}
	}
}
