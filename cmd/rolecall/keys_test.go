package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"rolecall.example/client"
	"rolecall.example/db/dbtest"
	"rolecall.example/org/signing"
)

// TestSigningKeyFileServes: a server that is given a file signs with it and publishes it, and does not start on a bad one; the
// keys of the database stay unused. A backup carries those along.
func TestSigningKeyFileServes(t *testing.T) {
	t.Parallel()
	file := dbtest.Place(t)
	var ada printedAccount
	callJSON(t, &ada, "", "user", "create", "--db", file, "--username", "ada", "--email", "ada@example.com", "--role", "owner", "--json")
	var kept []printedKey
	callJSON(t, &kept, "", "keys", "list", "--db", file, "--json")
	public, private, _ := ed25519.GenerateKey(nil)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key := write(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	bad := write(t, "bad.pem", "no key")
	if code, _, log := call(t, "", "--db", file, "--http-address", "127.0.0.1:0", "--signing-key-file", bad); code != exitUsage || !strings.Contains(log, "--signing-key-file") {
		t.Errorf("a bad file: exit code %d, %s", code, log)
	}
	server := start(t, nil, "", "--db", file, "--http-address", "127.0.0.1:0", "--signing-key-file", key)
	url := "http://" + server.wait(t, &server.log, `listening address=(\S+)`)
	var set struct{ Keys []struct{ Kid string } }
	if err := json.Unmarshal([]byte(body(t, url+"/.well-known/rolecall-keys")), &set); err != nil || len(set.Keys) != 1 || set.Keys[0].Kid != signing.Thumbprint(public) {
		t.Errorf("it publishes %+v, %v; its file has %s", set, err, signing.Thumbprint(public))
	}
	if len(kept) != 1 || kept[0].ID == set.Keys[0].Kid || kept[0].State != "signing" || strings.Contains(server.log.String(), "PRIVATE") {
		t.Errorf("the database has %+v", kept)
	}
}

// TestKeysInBackup: what was signed before a backup is put back counts afterwards.
func TestKeysInBackup(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "a backup of a server is the server's own")
	file, saved := filepath.Join(t.TempDir(), "rolecall.db"), filepath.Join(t.TempDir(), "saved.db")
	var ada printedAccount
	callJSON(t, &ada, "", "user", "create", "--db", file, "--username", "ada", "--email", "ada@example.com", "--role", "owner", "--json")
	var before, after []printedKey
	callJSON(t, &before, "", "keys", "list", "--db", file, "--json")
	for _, command := range [][]string{{"backup", saved, "--db", file}, {"keys", "rotate", "--db", file}, {"restore", saved, "--db", file}} {
		if code, _, log := call(t, "", command...); code != exitDone {
			t.Fatalf("%v: exit code %d, %s", command, code, log)
		}
	}
	callJSON(t, &after, "", "keys", "list", "--db", file, "--json")
	if len(before) != 1 || len(after) != 1 || before[0].ID != after[0].ID {
		t.Errorf("%+v became %+v", before, after)
	}
}

// TestAskingTokenCommand: a token that may only ask is made and listed, and its key gives no more than its account has.
func TestAskingTokenCommand(t *testing.T) {
	t.Parallel()
	file := dbtest.Place(t)
	var ada printedAccount
	callJSON(t, &ada, "", "user", "create", "--db", file, "--username", "ada", "--email", "ada@example.com", "--role", "owner", "--json")
	code, key, log := call(t, "", "token", "create", "--username", "ada", "--scope", "rolecall:decide", "--organization", "default", "--quiet", "--db", file)
	if code != exitDone {
		t.Fatalf("exit code %d, %s", code, log)
	}
	var list []client.Token
	callJSON(t, &list, "", "tokens", "list", "--username", "ada", "--db", file, "--json")
	if len(list) != 1 || len(list[0].Organizations) != 1 || list[0].Scopes[0] != client.ScopeDecide || list[0].LifetimeSeconds != 365*24*3600 {
		t.Errorf("made %+v", list)
	}
	if _, out, _ := call(t, "", "tokens", "list", "--username", "ada", "--db", file); !strings.Contains(out, "rolecall:decide "+list[0].Organizations[0]) {
		t.Errorf("the list says %s", out)
	}
	for _, wrong := range [][]string{{"--scope", "nothing:read"}, {"--scope", "rolecall:decide", "--organization", "gone"}, {"--organization", "gone"}} {
		if code, out, _ := call(t, "", append([]string{"token", "create", "--username", "ada", "--db", file}, wrong...)...); code == exitDone || out != "" {
			t.Errorf("%v: exit code %d, %s", wrong, code, out)
		}
	}
	server := start(t, nil, "", "--db", file, "--http-address", "127.0.0.1:0")
	url := "http://" + server.wait(t, &server.log, `listening address=(\S+)`)
	for path, want := range map[string]int{"/catalog": http.StatusOK, "/users": http.StatusForbidden, "/users/me": http.StatusForbidden} {
		if got := get(t, url+path, strings.TrimSpace(key)); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}
