package db_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
	"rolecall.example/org/fold"
)

// row is what a version of the schema can hold that the one before could not.
type row struct {
	table string
	fields
}

// news are the rows that a program of a version could write first: one at least in each of its new tables.
func (o *old) news(version int64) []row {
	later, hash, id := o.day.AddDate(100, 0, 0), []byte{byte(version), 7}, uuid.New()
	switch version {
	case 2:
		return []row{{"sent_forms", fields{"user_id": o.ada, "id": "form", "created_at": o.day}}}
	case 4:
		return []row{
			{"audit_roots", fields{"seq": 1, "time": o.day, "heads": 1, "hash": hash}},
			{"audit_root_heads", fields{"root_seq": 1, "organization_id": o.acme, "chain_seq": 0, "hash": hash}},
			{"secrets", fields{"name": "tags", "value": hash, "created_at": o.day}},
		}
	case 6:
		return []row{{"sent_forms", fields{"user_id": o.bot, "id": "key", "created_at": o.day, "request": hash, "answer": hash}}}
	case 8:
		return []row{
			{"catalog_versions", fields{"version": 2, "product": "p", "label": "P", "document": "{}", "source": "{}", "hash": hash, "steps": "{}", "note": "", "applied_at": o.day, "applied_by": "Ada"}},
			{"catalog_effects", fields{"version": 2, "organization_id": o.acme, "role": "deployer", "permission": "!template:delete", "people": 1}},
		}
	case 10:
		return []row{{"signing_keys", fields{"kid": "k", "public_key": hash, "private_key": hash, "created_at": o.day, "active_from": o.day}}}
	case 11:
		return []row{{"changes", fields{"organization_id": o.acme, "kind": "change", "revision_from": 1, "revision_to": 2, "payload": "{}", "created_at": o.day}}}
	case 12:
		return []row{{"member_roles", fields{"organization_id": o.beta, "role": "organization-auditor", "username_key": "bob", "user_id": o.bob, "source": "manual",
			"source_ref": "", "reason": "audit", "given_at": o.day, "given_by": o.ada, "given_by_name": "Ada", "ends_at": later}}}
	case 14:
		return []row{
			{"invitations", fields{"id": id, "secret_hash": hash, "state": "open", "email": "C@example.com", "email_key": "c@example.com", "name": "", "reason": "",
				"created_by": o.ada, "created_by_name": "Ada", "created_at": o.day, "lifetime_seconds": 3600, "expires_at": later}},
			{"invitation_grants", fields{"invitation_id": id, "organization_id": o.acme, "role": "deployer"}},
		}
	case 15:
		return []row{
			{"user_identities", fields{"issuer": "https://idp", "subject": "s", "provider": "okta", "user_id": o.bob, "email": "", "created_at": o.day, "claims": "{}"}},
			{"session_identities", fields{"token": "hashed", "provider": "okta", "issuer": "https://idp", "subject": "s", "sid": "", "id_token": "", "authenticated_at": o.day, "amr": "pwd"}},
			{"oidc_jtis", fields{"hash": hash, "expires_at": later}},
		}
	case 16:
		return []row{
			{"totp", fields{"user_id": o.ada, "seed": hash, "last_step": 3, "created_at": o.day}},
			{"recovery_codes", fields{"user_id": o.ada, "hash": hash}},
			{"code_challenges", fields{"hash": hash, "user_id": o.ada, "password": hash, "tries": 1, "expires_at": later}},
		}
	case 17:
		return []row{
			{"sync_rules", fields{"id": id, "provider": "okta", "kind": "roles", "organization_id": o.acme, "field": "groups", "mapping": "{}", "assign_default": false, "version": 1, "updated_at": o.day}},
			{"sync_sources", fields{"source": "oidc:okta", "held_at": o.day, "reason": "many"}},
			{"sync_losses", fields{"source": "oidc:okta", "user_id": o.bob, "lost_at": o.day}},
			{"sync_notices", fields{"source": "oidc:okta", "user_id": o.bob, "kind": "held", "target": "", "noted_at": o.day}},
		}
	case 18:
		invited := dbtest.RowsOf(o.t, o.to, "SELECT id FROM invitations")[0][0]
		return []row{{"mails", fields{"id": id, "invitation_id": invited, "created_at": o.day, "due_at": later, "tries": 1}}}
	case 19:
		return o.directory(later, hash)
	case 22:
		return []row{
			{"passkeys", fields{"credential": hash, "id": id, "user_id": o.ada, "host": "roles.example.com", "name": "Phone", "public_key": hash, "sign_count": 4,
				"backup_eligible": true, "backed_up": false, "transports": "usb", "created_at": o.day}},
			{"passkey_challenges", fields{"hash": hash, "browser": hash, "registers": false, "expires_at": later}},
		}
	case 23:
		return []row{
			{"audit_prunes", fields{"seq": 1, "time": o.day, "boundary": o.day, "up_to": 0, "entries": 0, "file": hash, "root": "sha256:", "hash": hash}},
			{"audit_prune_heads", fields{"prune_seq": 1, "organization_id": o.acme, "chain_seq": 0, "hash": hash}},
		}
	case 25:
		return []row{
			{"mails", fields{"id": id, "user_id": o.ada, "email": "ada@example.com", "notice": "{}", "created_at": o.day, "due_at": later, "tries": 0}},
			{"audit_logs", fields{"id": id, "time": o.day, "request_id": "r", "ip": "", "user_agent": "", "actor": "scim:entra", "resource_type": "user", "resource_id": "",
				"resource_target": "bob", "action": "write", "status_code": 200, "changes": "{}", "token_id": "abcdefghij", "hash": hash}},
		}
	case 28:
		return []row{
			{"finding_dismissals", fields{"id": id, "organization_id": o.acme, "reason": "later", "dismissed_by": o.ada, "dismissed_by_name": "Ada", "created_at": o.day, "ends_at": later, "gives": "{}"}},
			{"dismissed_findings", fields{"organization_id": o.acme, "finding": "f", "dismissal_id": id, "rule": "suspended", "user_id": o.bob, "roles": "deployer", "people": 0}},
		}
	}
	return nil
}

// foldKeys makes of the keys that were in lower case those that searches look into now.
func foldKeys(rows [][]string) {
	for _, row := range rows {
		for i, text := range row {
			if strings.Contains(text, "\n") {
				row[i] = fold.Text(text)
			}
		}
	}
}

func (o *old) directory(later time.Time, hash []byte) []row {
	user, group := uuid.New(), uuid.New()
	return []row{
		{"scim_directories", fields{"organization_id": o.acme, "slug": "entra", "name": "Entra", "fuse_people": 10, "fuse_percent": 10, "created_at": o.day, "updated_at": o.day}},
		{"scim_tokens", fields{"id": uuid.New(), "organization_id": o.acme, "secret_hash": hash, "created_by": o.ada, "created_by_name": "Ada", "created_at": o.day, "expires_at": later}},
		{"scim_users", fields{"id": user, "organization_id": o.acme, "user_id": o.bob, "user_name": "Bob", "user_name_key": "bob", "display_name_key": "bob", "external_id": "e",
			"active": true, "settled": true, "document": "{}", "created_at": o.day, "updated_at": o.day}},
		{"scim_emails", fields{"scim_user_id": user, "email_key": "bob@example.com", "organization_id": o.acme}},
		{"scim_groups", fields{"id": group, "organization_id": o.acme, "display_name": "Staff", "display_name_key": "staff", "external_id": "g", "document": "{}", "created_at": o.day, "updated_at": o.day}},
		{"scim_group_members", fields{"group_id": group, "scim_user_id": user}},
		{"scim_rules", fields{"organization_id": o.acme, "matches": "displayName", "value": "Staff", "role": "deployer"}},
		{"scim_losses", fields{"organization_id": o.acme, "user_id": o.bot, "lost_at": o.day}},
		{"scim_requests", fields{"id": uuid.New(), "organization_id": o.acme, "request_id": "r", "at": o.day, "took_us": 5, "method": "GET", "path": "/Users", "status": 200, "body": "", "answer": ""}},
	}
}

// contents are all rows of the tables, in the columns that they have now too.
func (o *old) contents(columns map[string][]string, now map[string][]string) map[string][][]string {
	all := map[string][][]string{}
	for table, names := range columns {
		names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !slices.Contains(now[table], name) })
		if len(names) == 0 || strings.HasPrefix(table, "user_search") {
			continue
		}
		list := `"` + strings.Join(names, `", "`) + `"`
		all[table] = dbtest.RowsOf(o.t, o.to, "SELECT "+list+` FROM "`+table+`" ORDER BY `+list)
	}
	return all
}

// A database goes through every version of the schema, and is filled in each with what that version could hold first. No
// step loses or changes anything of what is there, and in the end nothing contradicts anything. So the database of each
// version reaches the newest with all that is in it.
func TestUpgradeFromEach(t *testing.T) {
	t.Parallel()
	place := newPlace(t)
	newest, err := db.Known()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.MigrateTo(t.Context(), place, 1); err != nil {
		t.Fatal(err)
	}
	o := &old{t: t, to: dbtest.SQL(t, place)}
	o.fill()
	for version := int64(2); ; version++ {
		columns := dbtest.Columns(t, place)
		before := o.contents(columns, columns)
		for table, rows := range before {
			if len(rows) == 0 {
				t.Errorf("%s, which version %d has, is empty: nothing shows what becomes of it", table, version-1)
			}
		}
		if version > newest {
			break
		}
		if err := db.MigrateTo(t.Context(), place, version); err != nil {
			t.Fatalf("to %d: %v", version, err)
		}
		after := o.contents(columns, dbtest.Columns(t, place))
		switch version {
		case 4: // each scope has got a revision and a chain of its own
			delete(before, "audit_heads")
			delete(before, "revisions")
			delete(after, "revisions")
		case 27: // searches find names without accents
			foldKeys(before["users"])
			foldKeys(before["organization_members"])
		case 12: // memberships have got a record
			after["member_roles"] = slices.DeleteFunc(after["member_roles"], func(row []string) bool { return slices.Contains(row, "organization-member") })
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("to %d:\n%s", version, diff)
		}
		for _, r := range o.news(version) {
			o.insert(r.table, r.fields)
		}
	}
	dbtest.Reopen(t, place)
	if r, err := db.Inspect(t.Context(), place, false); err != nil || len(r.Findings) > 0 || r.Schema != newest {
		t.Errorf("%+v, %v", r, err)
	}
}
