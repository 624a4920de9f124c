//go:build unix

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestIntegrate runs every command of docs/integrate.md and of the README's section about backends, in their order, against a
// demo with the catalog of expenses. An answer that a paper shows below a command is what the command prints.
func TestIntegrate(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		leaveOut(t, err)
	}
	for paper, section := range map[string]string{"../../docs/integrate.md": "", "../../README.md": "\n## From your backend\n"} {
		text, err := os.ReadFile(paper)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, found := strings.Cut(string(text), section)
		if section != "" {
			rest, _, _ = strings.Cut(rest, "\n## ")
		}
		blocks := regexp.MustCompile("(?s)```(shell|json)\n(.*?)```").FindAllStringSubmatch(rest, -1)
		if !found || len(blocks) < 2 {
			t.Fatalf("%s has %d blocks", paper, len(blocks))
		}
		runPaper(t, paper, blocks)
	}
}

// runPaper runs the blocks of a paper as one script, since one sets what the next needs.
func runPaper(t *testing.T, paper string, blocks [][]string) {
	t.Helper()
	demo := start(t, nil, "", "demo", "--catalog", "../../examples/catalogs/expenses.yaml", "--json", "--http-address", "127.0.0.1:0")
	url, token := demo.wait(t, &demo.out, `"url": "(.*)"`), demo.wait(t, &demo.out, `"token": "(.*)"`)
	file := demo.wait(t, &demo.out, `"database": "(.*)"`)
	folder := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := "#!/bin/sh\n" + asProgram + "=1 exec " + self + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(folder, "rolecall"), []byte(program), 0o700); err != nil {
		t.Fatal(err)
	}
	script, shown := "set -e\n", map[int]string{}
	n := 0
	for _, b := range blocks {
		if b[1] == "json" {
			shown[n] = b[2]
			continue
		}
		n++
		command := strings.ReplaceAll(b[2], "/var/lib/rolecall/rolecall.db", file)
		script += "{ " + strings.ReplaceAll(command, "curl ", "curl --silent --show-error --fail-with-body ") + "} >" + filepath.Join(folder, "out"+strconv.Itoa(n)) + "\n"
	}
	sh := exec.CommandContext(t.Context(), "sh", "-c", script)
	sh.Dir = "../.."
	sh.Env = append(os.Environ(), "PATH="+folder+":"+os.Getenv("PATH"), "ROLECALL_URL="+url, tokenVariable+"="+token)
	if out, err := sh.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", paper, err, out)
	}
	for i := 1; i <= n; i++ {
		out, err := os.ReadFile(filepath.Join(folder, "out"+strconv.Itoa(i)))
		if err != nil {
			t.Fatalf("%s: block %d did not run", paper, i)
		}
		if want, ok := shown[i]; ok && !sameJSON(out, []byte(want)) {
			t.Errorf("%s: block %d prints\n%s, and not\n%s", paper, i, out, want)
		}
	}
}

func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
