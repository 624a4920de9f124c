package insight

import (
	"context"
	"strings"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// The words of an entry's description.
var (
	verbs = map[string]string{"create": "created", "write": "updated", "delete": "deleted", "login": "logged in", "logout": "logged out"}
	kinds = map[string]string{
		"organization_member": "organization member", "custom_role": "custom role", "api_key": "API key", "signing_key": "signing key", "mfa": "second factor",
		"user": "user", "organization": "organization", "catalog": "catalog", "invitation": "invitation",
		"idp_sync_settings_organization": "organization sync settings", "idp_sync_settings_role": "role sync settings", org.AuditRootType: "audit root", org.AuditPruneType: "entries of the audit log",
		"scim_directory": "directory", "scim_user": "person of a directory", "scim_group": "group of a directory", org.DismissalType: "dismissal of findings about",
	}
)

// describe returns an entry as a template that clients fill in: {user} did something to {target}.
func describe(e org.AuditEntry) string {
	verb := verbs[e.Action]
	if e.StatusCode >= 400 {
		verb = "unsuccessfully attempted to " + e.Action
	}
	switch e.Action {
	case "login", "logout":
		return "{user} " + verb
	case org.ActionExpire: // nobody did it
		return kinds[e.ResourceType] + " of {target} expired"
	}
	return strings.Join([]string{"{user}", verb, kinds[e.ResourceType], "{target}"}, " ")
}

// auditWords gives each entry that names permissions the catalog with the words for them. That costs one query for each
// version that was not read recently.
func auditWords(ctx context.Context, s unit.Reader, entries []org.AuditEntry) error {
	for i := range entries {
		e := &entries[i]
		if e.IsRefusal() || e.ResourceType != "custom_role" && e.ResourceType != "catalog" {
			continue
		}
		number, err := s.CatalogAt(ctx, e.Time)
		if was, ok := e.Diff["version"].Old.(float64); ok && e.ResourceType == "catalog" { // as JSON has it
			number = int64(was)
		}
		if err != nil {
			return err
		}
		if e.Catalog, err = s.PastCatalog(ctx, number); err != nil {
			return err
		}
	}
	return nil
}
