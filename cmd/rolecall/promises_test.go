package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every test that SECURITY.md and docs/spec name runs and can fail: a promise without one is only a promise.
func TestPromisesHaveTests(t *testing.T) {
	t.Parallel()
	c := testCode(t)
	for paper, atLeast := range map[string]int{"SECURITY.md": 50, "docs/spec/*.md": 50} {
		if n := c.promised(t, paper); n < atLeast {
			t.Errorf("%s names %d tests", paper, n)
		}
	}
}

// promised looks for the tests that papers name, and counts the names.
func (c code) promised(t *testing.T, papers string) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", papers))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		promised := regexp.MustCompile("`((?:Test|Fuzz)\\w+)(…?)`").FindAllStringSubmatch(string(text), -1)
		n += len(promised)
		c.check(t, filepath.Base(file), promised)
	}
	return n
}

func (c code) check(t *testing.T, paper string, promised [][]string) {
	t.Helper()
	for _, m := range promised {
		found := false
		for name, bodies := range c {
			if !strings.HasPrefix(name, m[1]) || name != m[1] && m[2] == "" {
				continue
			}
			for _, body := range bodies {
				found = true
				if why := c.idle(body); why != "" {
					t.Errorf("%s names %s, and %s %s", paper, m[1]+m[2], name, why)
				}
			}
		}
		if !found {
			t.Errorf("%s names %s, which is not there", paper, m[1]+m[2])
		}
	}
}

// TestCitedPapersAreThere: what a comment or a paper refers to below docs can be read.
func TestCitedPapersAreThere(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	cited := regexp.MustCompile(`\bdocs/[\w./-]+\.md\b`)
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`) // to a file, not to an address or within the page
	found := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "node_modules" { // papers of others
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || !slices.Contains([]string{".go", ".templ", ".sql", ".md", ".yml"}, filepath.Ext(path)) {
			return err
		}
		text, err := os.ReadFile(path)
		for _, paper := range cited.FindAllString(string(text), -1) {
			found++
			if _, err := os.Stat(filepath.Join(root, paper)); err != nil {
				t.Errorf("%s refers to %s: %v", path, paper, err)
			}
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil && filepath.Ext(path) == ".md" {
				t.Errorf("%s links to %s: %v", path, m[1], err)
			}
		}
		return err
	})
	if err != nil || found < 20 {
		t.Errorf("found %d references: %v", found, err)
	}
}

// TestIdleTests tries the checker on tests that prove nothing.
func TestIdleTests(t *testing.T) {
	t.Parallel()
	c := code{}
	c.add(t, "sample_test.go", `package sample
	func TestEmpty(t *testing.T) {}
	func TestCalls(t *testing.T) { do(t); t.Log("fine") }
	func do(t *testing.T) { do(t) }
	func TestSkipped(t *testing.T) { t.Skip("later"); t.Error("never") }
	func TestFails(t *testing.T) { if bad() { t.Error("bad") } }
	func TestDeepDown(t *testing.T) { t.Run("one", func(t *testing.T) { check(t) }) }
	func check(t *testing.T) { same(t) }
	func same(t *testing.T) { t.Fatal("differ") }`)
	for name, idle := range map[string]bool{"TestEmpty": true, "TestCalls": true, "TestSkipped": true, "TestFails": false, "TestDeepDown": false} {
		if why := c.idle(c[name][0]); (why != "") != idle {
			t.Errorf("%s: %q", name, why)
		}
	}
}

// code is the functions of all tests, and of the packages that only tests import, by name.
type code map[string][]*ast.BlockStmt

// testCode reads what the go command would build: a test in a file that it leaves out does not run.
func testCode(t *testing.T) code {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,TestGoFiles,XTestGoFiles", module+"/...")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	c := code{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath, Dir                    string
			GoFiles, TestGoFiles, XTestGoFiles []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return c
		} else if err != nil {
			t.Fatal(err)
		}
		files := slices.Concat(p.TestGoFiles, p.XTestGoFiles)
		for _, only := range testOnly {
			if p.ImportPath == module+"/"+only {
				files = append(files, p.GoFiles...)
			}
		}
		for _, name := range files {
			c.add(t, filepath.Join(p.Dir, name), nil)
		}
	}
}

func (c code) add(t *testing.T, path string, source any) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
			c[fn.Name.Name] = append(c[fn.Name.Name], fn.Body)
		}
	}
}

// idle says why a test can't fail, "" if it can.
func (c code) idle(body *ast.BlockStmt) string {
	for _, statement := range body.List {
		if e, ok := statement.(*ast.ExprStmt); ok && strings.HasPrefix(called(e.X), "Skip") {
			return "skips itself always"
		}
	}
	if !c.fails(body, map[*ast.BlockStmt]bool{}) {
		return "never fails"
	}
	return ""
}

// fails says whether a function, or one that it calls, has a call that fails a test. Calls are followed by name.
func (c code) fails(body *ast.BlockStmt, seen map[*ast.BlockStmt]bool) (found bool) {
	if seen[body] {
		return false
	}
	seen[body] = true
	ast.Inspect(body, func(n ast.Node) bool {
		if found {
			return false
		}
		switch name := called(n); name {
		case "Error", "Errorf", "Fatal", "Fatalf", "Fail", "FailNow":
			found = true
		default:
			for _, next := range c[name] {
				found = found || c.fails(next, seen)
			}
		}
		return !found
	})
	return found
}

// called is the name of the function that a node calls, "" if it is no call.
func called(n ast.Node) string {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return ""
	}
	switch fn := call.Fun.(type) {
	case *ast.Ident:
		return fn.Name
	case *ast.SelectorExpr:
		return fn.Sel.Name
	}
	return ""
}
