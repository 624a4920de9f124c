package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPlansAndApplies looks at how use cases are given to unit.Do and unit.Try: as functions of their package, by name, that
// get no service. So a plan and an apply have what stands in their arguments alone, and can't call another use case.
func TestPlansAndApplies(t *testing.T) {
	t.Parallel()
	calls := 0
	for _, dir := range []string{"tenant", "account", "insight"} {
		names, err := filepath.Glob("../../org/" + dir + "/*.go")
		if err != nil || len(names) < 5 {
			t.Fatalf("%s: %v, %v", dir, names, err)
		}
		set := token.NewFileSet()
		var files []*ast.File
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		found, complaints := useCases(files)
		for at, complaint := range complaints {
			t.Errorf("%s: %s", set.Position(at), complaint)
		}
		calls += found
	}
	if calls < 20 {
		t.Errorf("only %d calls were found", calls)
	}
}

// TestPlansAndAppliesAreJudged tries the rule itself on what it must refuse.
func TestPlansAndAppliesAreJudged(t *testing.T) {
	t.Parallel()
	const around = `package p
		type Service struct{}
		type fine struct{ name string }
		type wrong struct{ s *Service }
		type outer struct{ wrong }
		func plan(c ctx, a *unit.Attempt, in fine) (fine, error)
		func apply(c ctx, w *unit.Writer, p fine) (fine, error)
		func planWith(c ctx, a *unit.Attempt, in wrong) (fine, error)
		func planWithin(c ctx, a *unit.Attempt, in outer) (fine, error)
		func (s *Service) method(c ctx, a *unit.Attempt, in fine) (fine, error)
		func (s *Service) use() { `
	for body, complaint := range map[string]string{
		`unit.Do(c, u, who, scope, "write", in, plan, apply)`:                                            "",
		`unit.Try(c, u, who, in, plan)`:                                                                  "",
		`unit.Do(c, u, who, scope, "write", in, s.method, apply)`:                                        "must be a function",
		`unit.Do(c, u, who, scope, "write", in, plan, func(ctx, *unit.Writer, fine) (fine, error) {})`:   "must be a function",
		`planned := plan; unit.Try(c, u, who, in, planned)`:                                              "must be a function",
		`unit.Try(c, u, who, in, planWith)`:                                                              "wrong has a Service",
		`unit.Do(c, u, who, scope, "write", in, planWithin, apply)`:                                      "wrong has a Service",
		`wrapped := func() { unit.Try(c, u, who, in, func(ctx, *unit.Attempt, fine) (fine, error) {}) }`: "must be a function",
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "p.go", around+body+" }", parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		_, complaints := useCases([]*ast.File{file})
		got := ""
		for _, c := range complaints {
			got += c
		}
		if (got == "") != (complaint == "") || !strings.Contains(got, complaint) {
			t.Errorf("%s: %q, want %q", body, got, complaint)
		}
	}
}

// useCases counts the calls of unit.Do and unit.Try in the files of a package, and says what is wrong with them, by place.
func useCases(files []*ast.File) (calls int, complaints map[token.Pos]string) {
	functions, types := map[string]*ast.FuncDecl{}, map[string]ast.Expr{}
	for _, file := range files {
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					functions[d.Name.Name] = d
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok {
						types[s.Name.Name] = s.Type
					}
				}
			}
		}
	}
	complaints = map[token.Pos]string{}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			given := map[string]int{"Do": 2, "Try": 1}[unitFunction(call)]
			if given == 0 {
				return true
			}
			calls++
			for _, arg := range call.Args[len(call.Args)-given:] {
				if c := judge(arg, functions, types); c != "" {
					complaints[arg.Pos()] = c
				}
			}
			return true
		})
	}
	return calls, complaints
}

// unitFunction is the function of package unit that is called, "" if it is none.
func unitFunction(call *ast.CallExpr) string {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if pkg, ok := s.X.(*ast.Ident); !ok || pkg.Name != "unit" {
		return ""
	}
	return s.Sel.Name
}

// judge says what is wrong with a plan or an apply, "" if nothing.
func judge(arg ast.Expr, functions map[string]*ast.FuncDecl, types map[string]ast.Expr) string {
	name, ok := arg.(*ast.Ident)
	if !ok || functions[name.Name] == nil {
		return "a plan or an apply must be a function of the package, by its name"
	}
	for _, p := range functions[name.Name].Type.Params.List {
		if holder := holdsService("its argument", p.Type, types, nil); holder != "" {
			return fmt.Sprintf("%s can reach other use cases: %s has a Service", name.Name, holder)
		}
	}
	return ""
}

// holdsService is the name of the type of the package that has a service in it, "" if none has.
func holdsService(name string, of ast.Expr, types map[string]ast.Expr, seen []string) (holder string) {
	ast.Inspect(of, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		switch {
		case !ok || holder != "":
		case id.Name == "Service":
			holder = name
		case types[id.Name] != nil && !slices.Contains(seen, id.Name):
			holder = holdsService(id.Name, types[id.Name], types, append(seen, id.Name))
		}
		return holder == ""
	})
	return holder
}
