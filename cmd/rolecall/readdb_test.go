package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"rolecall.example/client"
	"rolecall.example/db/dbtest"
)

// With --read-db lists come from the standby, and have what was written just before; without it they come from the primary.
func TestReadDB(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	primary, err := dbtest.StartServer("fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	standby, err := primary.Standby()
	if err != nil {
		t.Fatal(err)
	}
	var ada printedAccount
	callJSON(t, &ada, "", "user", "create", "--db", primary.URL, "--username", "ada", "--email", "ada@example.com", "--role", "owner", "--json")
	server := start(t, nil, "", "--db", primary.URL, "--read-db", standby.URL, "--http-address", "127.0.0.1:0", "--metrics-address", "127.0.0.1:0")
	url := "http://" + server.wait(t, &server.log, `listening address=(\S+)`)
	metrics := "http://" + server.wait(t, &server.log, `metrics address=(\S+)`) + "/metrics"
	in, err := (&client.Client{BaseURL: url}).Login(t.Context(), client.LoginRequest{Email: ada.Email, Password: ada.Password})
	if err != nil {
		t.Fatal(err)
	}
	list := func() string {
		req := request(t.Context(), t, http.MethodGet, url+"/api/v2/users", "")
		req.Header.Set("Coder-Session-Token", in.SessionToken)
		return answered(t, req)
	}
	add := func(name string) { // by another process, of which the server knows nothing
		var made printedAccount
		callJSON(t, &made, "", "user", "create", "--db", primary.URL, "--username", name, "--email", name+"@example.com", "--json")
	}
	for n := range 5 {
		name := fmt.Sprintf("bob%d", n)
		if add(name); !strings.Contains(list(), `"`+name+`"`) {
			t.Fatalf("%s was made and is not listed", name)
		}
	}
	text := body(t, metrics)
	if number(t, text, `rolecall_standby_reads_total{result="standby"}`) == 0 || !strings.Contains(text, "rolecall_standby_lag_bytes") {
		t.Errorf("the standby answered nothing: %s\n%s", text, server.log.String())
	}
	if err := standby.Control("stop", "--mode=immediate"); err != nil {
		t.Fatal(err)
	}
	add("eve")
	if !strings.Contains(list(), `"eve"`) {
		t.Error("without its standby the server does not list what was made")
	}
	server.wait(t, &server.log, `(the standby cannot be used)`)
	if text := body(t, metrics); number(t, text, "rolecall_standby_usable") != 0 || strings.Contains(text, "rolecall_standby_lag_bytes") {
		t.Error("the metrics do not tell that the standby is away")
	}
}

// A file has no standby, and the URL of one is a URL.
func TestReadDBIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ db, standby, says string }{
		{t.TempDir() + "/roles.db", "postgres://rolecall@127.0.0.1/rolecall", "--read-db is for a --db that is a PostgreSQL server"},
		{"postgres://rolecall@127.0.0.1/rolecall", "roles.db", "the postgres:// URL of a hot standby is needed"},
		{"postgres://rolecall@127.0.0.1/rolecall", "postgres://rolecall:canary%zz@127.0.0.1/rolecall", "this is not a URL like"},
	} {
		code, _, log := call(t, "", "serve", "--db", c.db, "--read-db", c.standby)
		if code != exitUsage || !strings.Contains(log, c.says) || strings.Contains(log, "canary") {
			t.Errorf("--db %s --read-db %s: exit code %d, %s", c.db, c.standby, code, log)
		}
	}
}

// answered is the body of an answer that must be one.
func answered(t *testing.T, req *http.Request) string {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %d, %s, %v", req.Method, req.URL, res.StatusCode, b, err)
	}
	return string(b)
}
