package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// outside is a program of another module that decides with the engine.
const outside = `package main

import (
	"fmt"

	"` + module + `/rbac"
)

func main() {
	owner, _ := rbac.Default().BuiltIn("owner")
	fmt.Print(owner.Name)
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
		"go.mod":  "module outside\n\ngo 1.26.0\n\nrequire " + module + " v0.0.0\n\nreplace " + module + " => " + here + "\n",
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := exec.Command("go", "run", "-mod=mod", ".")
	run.Dir = dir
	run.Env = append(os.Environ(), "GOPROXY=off") // nothing but this module is needed
	if out, err := run.CombinedOutput(); err != nil || string(out) != "owner" {
		t.Errorf("a program of another module that imports rbac prints %q, %v", out, err)
	}
}
