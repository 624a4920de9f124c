package main

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rooms says, for each package of the module, which other packages of the module it may import outside tests.
// A package below one of these (db/dbtest) follows the longest name that it starts with.
var rooms = map[string][]string{
	"rbac":              {},
	"rbac/snapshot":     {"rbac"},
	"client":            {"rbac/snapshot"},
	"db":                {"org/fold"},
	"db/dbtest":         {"db"},
	"static":            {},
	"org":               {"rbac", "db"},
	"org/fold":          {},
	"org/yamltree":      {"rbac"},
	"org/unit":          {"org", "org/fold", "rbac", "rbac/snapshot", "db"},
	"org/insight":       {"org", "org/unit", "org/catalogplan", "rbac", "db"},
	"org/account":       {"org", "org/fold", "org/factor", "org/unit", "org/insight", "org/catalogplan", "rbac", "db"},
	"org/tenant":        {"org", "org/fold", "org/unit", "org/account", "rbac", "db"},
	"org/invite":        {"org", "org/unit", "org/account", "org/tenant", "db"},
	"org/idpsync":       {"org", "org/unit", "org/tenant", "rbac", "db"},
	"org/signing":       {"org", "org/unit", "rbac/snapshot", "db"},
	"org/feed":          {"org", "org/unit", "rbac/snapshot", "db"},
	"org/snapshots":     {"org", "org/unit", "org/signing", "rbac", "rbac/snapshot", "db"},
	"org/signin":        {"org", "org/unit", "org/account", "org/invite", "org/idpsync", "db"},
	"org/services":      {"org", "org/factor", "org/signin", "org/directory", "org/unit", "org/insight", "org/account", "org/tenant", "org/invite", "org/idpsync", "org/signing", "org/feed", "org/snapshots", "rbac", "db"},
	"org/directory":     {"org", "org/scim", "org/unit", "org/account", "org/tenant", "rbac", "db"},
	"org/scim":          {"org"},
	"views":             {"views/ui", "org", "org/fold", "rbac"},
	"views/ui":          {"static", "org/fold"},
	"web":               {"client", "rbac/snapshot", "org", "org/fold", "org/catalogfile", "org/account", "org/directory", "org/scim", "org/feed", "org/insight", "org/invite", "org/signing", "org/snapshots", "org/tenant", "org/services", "rbac", "views", "views/ui", "static", "web/openapi", "web/oidc"},
	"web/openapi":       {},
	"web/oidc":          {"org"},
	"web/oidc/oidctest": {},
	"web/webtest":       {"web", "web/oidc", "client", "org", "org/account", "org/factor", "org/feed", "org/services", "rbac", "views", "static", "db", "db/dbtest"},
	"web/ceiling":       {},
	"cmd/rolecall":      {"client", "web", "web/oidc", "org", "org/catalogfile", "org/permtest", "org/account", "org/factor", "org/feed", "org/mailer", "org/signing", "org/services", "org/unit", "rbac", "db"},
	"cmd/bench":         {"web/ceiling", "client", "client/local", "rbac/snapshot"},
	"org/factor":        {},
	"org/mailer":        {"org"},

	"org/mailer/smtptest":   {},
	"rbac/snapshot/vectors": {"rbac", "rbac/snapshot"},
	"client/echoguard":      {"client", "client/guard"},
	"client/guard":          {"client"},
	"client/local":          {"client", "rbac", "rbac/snapshot"},
	"examples/go-echo":      {"client", "client/echoguard", "client/local"},
	"examples/go-nethttp":   {"client", "client/guard", "client/local"},
	"cmd/testreport":        {},
	"cmd/release":           {},
	"cmd/typecheck":         {},
	"examples/catalogs":     {},
	"org/catalogplan":       {"org", "org/unit", "rbac", "db"},
	"org/catalogfile":       {"examples/catalogs", "org/yamltree", "rbac"},
	"org/permtest":          {"org/catalogfile", "org/yamltree", "rbac"},
}

// owners says which rooms alone may import a library, so that replacing it stays the work of one folder.
var owners = map[string][]string{
	"github.com/labstack/echo":      {"web", "client/echoguard", "examples/go-echo"},
	"github.com/alexedwards/scs":    {"web"},
	"github.com/a-h/templ":          {"views", "web", "org/invite"},
	"github.com/andybalholm/brotli": {"static"},
	"github.com/klauspost/compress": {"static"},
	"github.com/rs/cors":            {"web"},
	"github.com/pressly/goose":      {"db"},
	"modernc.org/sqlite":            {"db", "cmd/bench"}, // which compares with the database alone
	"github.com/jackc/pgx":          {"db", "cmd/bench"},
	"github.com/spf13":              {"cmd/rolecall"},
	"go.yaml.in/yaml":               {"cmd/rolecall"},
	"github.com/goccy/go-yaml":      {"org/yamltree"},
	"github.com/coreos/go-oidc":     {"web/oidc"},
	"golang.org/x/oauth2":           {"web/oidc"},
	"github.com/wneessen/go-mail":   {"org/mailer"},
	"github.com/emersion/go-smtp":   {"org/mailer/smtptest"},
	"github.com/go-webauthn":        {"org/factor"},
	"go.opentelemetry.io":           {"cmd/rolecall"},
	"google.golang.org/protobuf":    {"cmd/rolecall"},

	"golang.org/x/crypto/x509roots": {"cmd/release"}, // a server trusts what its machine trusts
}

// public are the packages that other modules may import, each with all that it may import besides the standard library.
var public = map[string][]string{
	"rbac":          {},
	"rbac/snapshot": {},
	"client":        {"github.com/google/uuid"},

	"client/echoguard": {"github.com/labstack/echo/v4"}, // for those who have it anyway
	"client/guard":     {},
	"client/local":     {},
}

// testOnly are packages that no program may contain.
var testOnly = []string{"db/dbtest", "views/ui/uitest", "web/webtest", "web/oidc/oidctest", "org/mailer/smtptest"}

const module = "rolecall.example"

type goPackage struct {
	ImportPath string
	Imports    []string
}

// TestImports reads the import graph and fails on an arrow that the plan of the rooms does not have. It asks the go
// command, not a linter, because linters skip generated files.
func TestImports(t *testing.T) {
	t.Parallel()
	packages := listPackages(t)
	if len(packages) < 6 {
		t.Fatalf("go list found only %d packages", len(packages))
	}
	for _, p := range packages {
		room := strings.TrimPrefix(p.ImportPath, module+"/")
		allowed, ok := rule(room)
		if !ok {
			t.Errorf("%s has no import rule: add it to rooms", room)
		}
		for _, path := range p.Imports {
			if complaint := check(room, path, allowed); complaint != "" {
				t.Errorf("%s imports %s: %s", room, path, complaint)
			}
		}
	}
}

// TestPackagesAreInArchitecture: docs/architecture.md names each package.
func TestPackagesAreInArchitecture(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range slices.Concat(slices.Collect(maps.Keys(rooms)), testOnly) {
		if !strings.Contains(string(text), "`"+room+"`") {
			t.Errorf("docs/architecture.md does not say what %s is", room)
		}
	}
}

// TestImportRulesAreUsed: a rule for what is not there any more would let it come back unseen.
func TestImportRulesAreUsed(t *testing.T) {
	t.Parallel()
	imported := map[string][]string{} // by the room that imports
	for _, p := range listPackages(t) {
		room := strings.TrimPrefix(p.ImportPath, module+"/")
		imported[room] = append(imported[room], p.Imports...)
	}
	for _, room := range slices.Concat(slices.Collect(maps.Keys(rooms)), testOnly) {
		if _, ok := imported[room]; !ok {
			t.Errorf("there is no %s: its rule is dead", room)
		}
	}
	for library, owners := range owners {
		for _, owner := range owners {
			used := false
			for room, paths := range imported {
				used = used || within(room, owner) && slices.ContainsFunc(paths, func(path string) bool { return within(path, library) })
			}
			if !used {
				t.Errorf("%s does not import %s: its rule is dead", owner, library)
			}
		}
	}
}

// TestImportRules tries the checker itself on arrows that must be refused.
func TestImportRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		room, path string
		refused    bool
	}{
		{"rbac", "slices", false},
		{"rbac", "github.com/google/uuid", true},
		{"rbac", "rolecall.example/org", true},
		{"client", "github.com/google/uuid", false},
		{"client", "golang.org/x/net/http2", true},
		{"client", "rolecall.example/rbac", true},
		{"db", "rolecall.example/rbac", true},
		{"db", "modernc.org/sqlite", false},
		{"org", "rolecall.example/db", false},
		{"org", "rolecall.example/web", true},
		{"views", "rolecall.example/db", true},
		{"views", "rolecall.example/web", true},
		{"views/ui", "rolecall.example/static", false},
		{"views/ui", "rolecall.example/org", true},
		{"views", "rolecall.example/views/ui/uitest", true},
		{"web", "rolecall.example/db", true},
		{"web", "github.com/labstack/echo/v4/middleware", false},
		{"views", "github.com/labstack/echo/v4", true},
		{"cmd/rolecall", "github.com/labstack/echo/v4", true},
		{"cmd/rolecall", "rolecall.example/web/webtest", true},
	}
	for _, tt := range tests {
		allowed, _ := rule(tt.room)
		if got := check(tt.room, tt.path, allowed); (got != "") != tt.refused {
			t.Errorf("%s importing %s: complaint %q, want one: %v", tt.room, tt.path, got, tt.refused)
		}
	}
}

// check says what is wrong with room importing path, "" if nothing is.
func check(room, path string, allowed []string) string {
	if ours, ok := strings.CutPrefix(path, module+"/"); ok {
		switch {
		case slices.Contains(allowed, ours):
			return ""
		case slices.Contains(testOnly, ours):
			return "only tests may"
		default:
			return "not one of " + strings.Join(allowed, ", ")
		}
	}
	if foreign, ok := public[room]; ok && strings.Contains(path, ".") && !slices.Contains(foreign, path) {
		return "whoever imports " + room + " would have to load that, too"
	}
	for library, rooms := range owners {
		if !within(path, library) {
			continue
		}
		if !slices.ContainsFunc(rooms, func(owner string) bool { return within(room, owner) }) {
			return "only " + strings.Join(rooms, ", ") + " may"
		}
	}
	return ""
}

// rule finds the longest name in rooms that room is, or is below.
func rule(room string) (allowed []string, ok bool) {
	longest := -1
	for name, list := range rooms {
		if within(room, name) && len(name) > longest {
			longest, allowed, ok = len(name), list, true
		}
	}
	return allowed, ok
}

func within(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
