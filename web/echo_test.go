package web_test

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFilesThatKnowEcho: the routes, the middleware and the call are all that another router would change.
func TestFilesThatKnowEcho(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var importers []string
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			if strings.Contains(spec.Path.Value, "labstack/echo") {
				importers = append(importers, path)
			}
		}
	}
	if want := []string{"call.go", "middleware.go", "routes.go"}; !slices.Equal(importers, want) {
		t.Errorf("Echo is imported by %v, want %v", importers, want)
	}
}
