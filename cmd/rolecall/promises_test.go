package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every test that SECURITY.md names runs and can fail: a promise without one is only a promise.
func TestPromisesHaveTests(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	c := testCode(t)
	promised := regexp.MustCompile("`((?:Test|Fuzz)\\w+)(…?)`").FindAllStringSubmatch(string(text), -1)
	if len(promised) < 50 {
		t.Errorf("SECURITY.md names %d tests", len(promised))
	}
	for _, m := range promised {
		found := false
		for name, bodies := range c {
			if !strings.HasPrefix(name, m[1]) || name != m[1] && m[2] == "" {
				continue
			}
			for _, body := range bodies {
				found = true
				if why := c.idle(body); why != "" {
					t.Errorf("SECURITY.md names %s, and %s %s", m[1]+m[2], name, why)
				}
			}
		}
		if !found {
			t.Errorf("SECURITY.md names %s, which is not there", m[1]+m[2])
		}
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
