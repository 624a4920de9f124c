package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// contextValues are the files that may put values into a context, and why.
var contextValues = map[string]string{
	"db/db.go":             "a write inside a write is noticed, however deep it is called",
	"views/ui/zone.go":     "times stand in the smallest parts of pages, and components get nothing else of the request",
	"web/oidc/callback.go": "golang.org/x/oauth2 takes the HTTP client for an exchange in no other way",
}

// TestContextsCarryNoValues looks for values that a call hands on unseen: what a use case goes by stands in its arguments.
func TestContextsCarryNoValues(t *testing.T) {
	t.Parallel()
	files, found := 0, map[string]string{}
	root := os.DirFS("../..")
	for _, dir := range []string{"client", "cmd", "db", "org", "rbac", "static", "views", "web"} {
		err := fs.WalkDir(root, dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Ext(name) != ".go" {
				return err
			}
			files++
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, filepath.Join("../..", name), nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, at := range withValue(file) {
				found[name] = contextValues[name]
				if contextValues[name] == "" {
					t.Errorf("%s:%d puts a value into a context: make it an argument or a field", name, set.Position(at).Line)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 300 {
		t.Errorf("only %d files were looked at", files)
	}
	if !maps.Equal(found, contextValues) {
		t.Errorf("values stand in %v, and may in %v", found, contextValues)
	}
}

// withValue is where a file mentions context.WithValue, by whatever name it imports the package.
func withValue(file *ast.File) (at []token.Pos) {
	name := ""
	for _, i := range file.Imports {
		if strings.Trim(i.Path.Value, `"`) == "context" {
			if name = "context"; i.Name != nil {
				name = i.Name.Name
			}
		}
	}
	if name == "" {
		return nil
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "WithValue" {
			if pkg, ok := s.X.(*ast.Ident); ok && pkg.Name == name {
				at = append(at, s.Pos())
			}
		}
		return true
	})
	return at
}
