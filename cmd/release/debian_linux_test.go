package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The package on Debian: installed, changed by an operator, upgraded, removed, installed again and purged. The Debian is this
// machine's own under a layer that takes the changes, or an empty one made by `debootstrap --variant=minbase bookworm FOLDER`
// if ROLECALL_DEBIAN names that folder.
func TestDebian(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("dpkg"); err != nil || os.Getuid() != 0 {
		t.Skip("not here: this takes root, and Debian")
	}
	room := t.TempDir()
	r, program := release010(t, "../..")
	for version, name := range map[string]string{"v0.1.0-dev+33112c590d5f": "dev.deb", "v0.1.0": "release.deb"} {
		r.version = version
		deb, err := r.debian(target{"linux", strings.TrimSpace(output(t, "dpkg", "--print-architecture"))}, program)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(room, name), deb, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lower := os.Getenv("ROLECALL_DEBIAN")
	if lower == "" {
		lower = "/"
	}
	script, err := filepath.Abs("testdata/debian.sh")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("unshare", "--mount", "--propagation", "private", "bash", script, lower, room).CombinedOutput()
	if err != nil && (strings.Contains(string(out), "no layer:") || strings.Contains(string(out), "unshare failed")) {
		t.Skipf("not here: %s", out) // in a container that may not mount, or whose own root is a layer
	}
	if err != nil || !strings.HasSuffix(string(out), "all is well\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
