package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// outside is a program of another module that decides with the engine and calls the API.
const outside = `package main

import (
	"context"
	"fmt"

	"` + module + `/client"
	"` + module + `/rbac"
)

func main() {
	owner, _ := rbac.Default().BuiltIn("owner")
	_, err := (&client.Client{BaseURL: "http://127.0.0.1:1"}).Member(context.Background(), "", owner.Name)
	fmt.Print(err)
}
`

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
	const want = `GET /organizations//members/owner: "" is not a name`
	if out, err := run.CombinedOutput(); err != nil || string(out) != want {
		t.Errorf("a program of another module that imports rbac and client prints %q, %v; want %q", out, err, want)
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
