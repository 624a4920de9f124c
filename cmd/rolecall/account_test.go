package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rolecall.example/client"
	"rolecall.example/db/dbtest"
)

// TestAccounts makes accounts and tokens with the commands, beside a running server, and uses them there.
func TestAccounts(t *testing.T) {
	t.Parallel()
	db := dbtest.Place(t)

	var ada printedAccount
	callJSON(t, &ada, "", "user", "create", "--db", db, "--username", "ada", "--email", "ada@example.com", "--role", "owner", "--json")
	if len(ada.Password) < 20 || len(ada.Roles) != 1 || ada.Roles[0] != "owner" {
		t.Fatalf("the first owner is %+v", ada)
	}

	server := start(t, nil, "", "--db", db, "--http-address", "127.0.0.1:0")
	url := "http://" + server.wait(t, &server.log, `address=(\S+)`)
	if strings.Contains(server.log.String(), "setup_token") {
		t.Error("a setup token was printed though there is an account")
	}
	if got := signIn(t, url, ada.Email, ada.Password); got != http.StatusCreated {
		t.Errorf("signing in with the password that was made up: %d", got)
	}

	var bob printedAccount
	callJSON(t, &bob, "a long secret\nnot this\n", "user", "create", "--db", db, "--username", "bob", "--email", "bob@example.com",
		"--name", "Bob Bell", "--password-stdin", "--json")
	if bob.Password != "" || len(bob.Roles) != 0 {
		t.Errorf("bob is %+v", bob)
	}
	if got := signIn(t, url, bob.Email, "a long secret"); got != http.StatusCreated {
		t.Errorf("signing in with the password from standard input: %d", got)
	}

	var reset printedAccount
	callJSON(t, &reset, "", "user", "reset-password", "--db", db, "--username", "BOB", "--json")
	if got := signIn(t, url, bob.Email, "a long secret"); got != http.StatusUnauthorized {
		t.Errorf("signing in with the password before the reset: %d", got)
	}
	if got := signIn(t, url, bob.Email, reset.Password); got != http.StatusCreated {
		t.Errorf("signing in with the new password: %d", got)
	}

	var ci printedAccount
	callJSON(t, &ci, "", "user", "create", "--db", db, "--username", "ci", "--email", "ci@example.com", "--service-account", "--role", "auditor", "--json")
	if ci.Password != "" || len(ci.Roles) != 1 {
		t.Errorf("the service account is %+v", ci)
	}
	var token struct{ Token, Username, Name string }
	callJSON(t, &token, "", "token", "create", "--db", db, "--username", "ci", "--name", "terraform", "--lifetime", "1h", "--json")
	if token.Username != "ci" || token.Name != "terraform" {
		t.Errorf("the token is %+v", token)
	}
	if got := get(t, url+"/api/v2/users/me", token.Token); got != http.StatusOK {
		t.Errorf("a request with the token: %d", got)
	}
}

func TestAccountsForPeople(t *testing.T) {
	t.Parallel()
	db := dbtest.Place(t)
	code, out, log := call(t, "", "user", "create", "--db", db, "--username", "ada", "--email", "ada@example.com", "--role", "owner")
	if code != 0 || !strings.Contains(out, "password") || !strings.Contains(out, "ada@example.com") {
		t.Errorf("user create: exit code %d\n%s%s", code, out, log)
	}
	if code, out, log := call(t, "", "user", "reset-password", "--db", db, "--username", "ada", "-q"); code != 0 || len(out) < 20 || strings.Contains(out, "ada") {
		t.Errorf("user reset-password -q: exit code %d, %s%s, want the password alone", code, out, log)
	}
	tests := []struct {
		args []string
		code int
		says string
	}{
		{[]string{"user", "create", "--username", "ada", "--email", "other@example.com"}, 3, "exists"},
		{[]string{"user", "create", "--username", "new", "--email", "new@example.com"}, 2, "username"},
		{[]string{"user", "create", "--username", "bob", "--email", "bob@example.com", "--role", "king"}, 2, "\"king\" is not a supported role"},
		{[]string{"user", "create", "--username", "bob", "--email", "bob@example.com", "--organization", "nowhere"}, 2, `no organization "nowhere"`},
		{[]string{"user", "reset-password", "--username", "nobody"}, 2, "nobody"},
		{[]string{"token", "create", "--username", "nobody"}, 2, "nobody"},
		{[]string{"token", "create", "--username", "ada", "--lifetime", "90000h"}, 2, "lifetime"},
	}
	for _, tt := range tests {
		code, out, log := call(t, "", append(tt.args, "--db", db)...)
		if code != tt.code || !strings.Contains(log, tt.says) || out != "" {
			t.Errorf("rolecall %q: exit code %d, %s%s, want %d and %q", tt.args, code, out, log, tt.code, tt.says)
		}
	}
	if code, _, log := call(t, "", "token", "create", "--db", filepath.Join(os.DevNull, "nowhere"), "--username", "ada"); code != 2 {
		t.Errorf("a database that can't be: exit code %d, %s", code, log)
	}
}

// callJSON runs a command that must succeed and decodes what it prints.
func callJSON(t *testing.T, into any, in string, args ...string) {
	t.Helper()
	code, out, log := call(t, in, args...)
	if code != 0 {
		t.Fatalf("rolecall %q: exit code %d, %s", args, code, log)
	}
	if err := json.Unmarshal([]byte(out), into); err != nil {
		t.Fatalf("rolecall %q: %v\n%s", args, err, out)
	}
}

func signIn(t *testing.T, url, email, password string) (status int) {
	t.Helper()
	_, err := (&client.Client{BaseURL: url}).Login(t.Context(), client.LoginRequest{Email: email, Password: password})
	if status = client.StatusOf(err); status == 0 && err != nil {
		t.Fatal(err)
	}
	return cmp.Or(status, http.StatusCreated)
}

func get(t *testing.T, url, token string) (status int) {
	t.Helper()
	req := request(t.Context(), t, http.MethodGet, url, "")
	req.Header.Set("Coder-Session-Token", token)
	return send(t, req)
}

func request(ctx context.Context, t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func send(t *testing.T, req *http.Request) (status int) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}
