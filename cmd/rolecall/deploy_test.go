package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The files in docs/deploy set what the program knows, the page about them names each of them and none else, and the
// settings for one machine are taken.
func TestDeploy(t *testing.T) {
	t.Parallel()
	read := func(path string) string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	const page = "../../docs/deploy.md"
	files, err := filepath.Glob("../../docs/deploy/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	known := map[string]bool{clientSecretVariable: true} // no setting, as a flag of that name would show it
	for name := range settings {
		known[variable(name)] = true
	}
	for _, file := range append(files, page) {
		for _, v := range regexp.MustCompile(`ROLECALL_[A-Z0-9_]+`).FindAllString(read(file), -1) {
			if !known[v] {
				t.Errorf("%s has %s, which is no setting", file, v)
			}
		}
		if name := filepath.Base(file); file != page && !strings.Contains(read(page), strings.TrimSuffix(name, filepath.Ext(name))) {
			t.Errorf("the page does not tell of %s", name)
		}
	}
	for _, m := range regexp.MustCompile(`\]\((deploy/[^)]+)\)`).FindAllStringSubmatch(read(page), -1) {
		if _, err := os.Stat(filepath.Join("../../docs", m[1])); err != nil {
			t.Error(err)
		}
	}
	env := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^(\w+)=(.*)$`).FindAllStringSubmatch(read("../../docs/deploy/rolecall.env"), -1) {
		env[m[1]] = m[2]
	}
	c := serveCommand()
	cfg, err := c.config(c.flagSet(), env)
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.check(); err != nil || !cfg.secure() || cfg.db != "/var/lib/rolecall/rolecall.db" {
		t.Errorf("rolecall.env: secure %v, db %s, %v", cfg.secure(), cfg.db, err)
	}
}
