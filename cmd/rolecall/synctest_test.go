package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
)

// TestSyncTestKnowsSettings: on a database the settings of a provider count as they do at a sign-in, without the secret of its client.
func TestSyncTestKnowsSettings(t *testing.T) {
	t.Parallel()
	file, _ := demoFile(t, 20)
	d, err := db.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	err = d.Write(t.Context(), func(q *db.Queries) error {
		return q.InsertSyncRules(context.Background(), db.InsertSyncRulesParams{
			ID: uuid.New(), Provider: "okta", Kind: "organization", Field: "groups", Mapping: `{}`, Now: time.Now().UTC(),
		})
	})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	// A secret that cannot be read shows that nobody tries to.
	settings := filepath.Join(t.TempDir(), "providers.json")
	if err := os.WriteFile(settings, []byte(`{"providers":[{"id":"okta","name":"Okta","issuer":"https://okta.example.com","client_id":"c",
		"client_secret_file":"/nowhere","separator":",","truncated_at":3}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	// Without settings a text is one value, whatever its separator, and no list is too long to be whole.
	for _, tt := range []struct {
		claims, args, says string
		code               int
	}{
		{`{"groups":"a,b"}`, "--provider okta", "No rule knows: a,b.", 0},
		{`{"groups":"a,b"}`, "--oidc-config " + settings, "No rule knows: a, b.", 0},
		{`{"groups":["a","b","c"]}`, "--oidc-config " + settings, "groups is truncated.", 0},
		{`{"groups":["a"]}`, "--provider other --oidc-config " + settings, "must be the id of a sign-in provider", 1},
	} {
		args := append(strings.Fields("sync test --claims - --db "+file), strings.Fields(tt.args)...)
		code, out, log := call(t, tt.claims, args...)
		if (code == 0) != (tt.code == 0) || !strings.Contains(out+log, tt.says) {
			t.Errorf("%s %s: %d\n%s%s", tt.claims, tt.args, code, out, log)
		}
	}
}
