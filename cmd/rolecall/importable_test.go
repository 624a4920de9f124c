package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// outside is a program of another module that decides with the engines, guards handlers and calls the API.
const outside = `package main

import (
	"context"
	"fmt"
	"net/http"

	"` + module + `/client"
	"` + module + `/client/guard"
	"` + module + `/client/local"
	"` + module + `/rbac"
)

func main() {
	owner, _ := rbac.Default().BuiltIn("owner")
	c := &client.Client{BaseURL: "http://127.0.0.1:1"}
	_, err := c.Member(context.Background(), "", owner.Name)
	fmt.Println(err)
	_, err = local.Open(context.Background(), &client.Client{BaseURL: "http://roles.example"}, local.Options{})
	fmt.Println(err)
	guard.Require(c, "invoice:void", func(*http.Request) (string, string, bool) { return "", "", false })
}
`

// notForClients are the libraries of the server, which nobody compiles who calls it.
var notForClients = []string{"github.com/labstack/echo", "modernc.org/sqlite", "github.com/jackc/pgx", "github.com/a-h/templ"}

// TestImportable builds and runs a program of another module, which finds this one by a replace line.
func TestImportable(t *testing.T) {
	t.Parallel()
	here, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := map[string]string{
		"main.go": outside,
		"go.sum":  sums(t),
		"go.mod":  "module outside\n\ngo 1.26.0\n\nrequire " + module + " v0.0.0\n\nreplace " + module + " => " + here + "\n",
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := exec.Command("go", "run", "-mod=mod", ".")
	run.Dir = dir
	run.Env = append(os.Environ(), "GOPROXY=off") // nothing is needed that building this module did not need
	const want = `GET /organizations//members/owner: "" is not a name
local: http://roles.example: the address must begin with https://, except on this machine
`
	if out, err := run.CombinedOutput(); err != nil || string(out) != want {
		t.Errorf("a program of another module that imports what it may prints %q, %v; want %q", out, err, want)
	}
	list := exec.Command("go", "list", "-mod=mod", "-deps", ".")
	list.Dir, list.Env = dir, run.Env
	out, err := list.Output()
	if err != nil || !strings.Contains(string(out), module+"/client/local") {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	for _, library := range notForClients {
		if strings.Contains(string(out), library) {
			t.Errorf("whoever imports the clients compiles %s", library)
		}
	}
}

// sums are the checksums of what this module imports, among them those of what client does.
func sums(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
