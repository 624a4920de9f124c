package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// fixedRoles are the built-in roles that every catalog has.
var fixedRoles = []string{org.RoleOwner, org.RoleMember, org.RoleOrganizationAdmin, org.RoleOrganizationUser}

// englishWords are names of the default catalog that are words of English, or of the tools that the code uses, too. They
// count only where they stand as a name: alone between quotes, as a part of a permission, or as the value of a field.
var englishWords = []string{"template", "file", "group", "license", "replicas", "system", "start", "stop", "use"}

// falseFriends are quoted words that look like a name of the default catalog and are none: by file, what the line has that
// proves it.
var falseFriends = map[string][]string{
	"file":    {"flags(", "StringVarP", `case "file"`, "log.", "Scheme:", "json:\"file\"", "form.dataset", `type="file"`}, // a flag, a field, the scheme of a URL
	"system":  {"Theme", "a.About("},                                                                                      // the look of the system; what has no account
	"group":   {`role="group"`},                                                                                           // ARIA
	"Group":   {"func (t Type) String()"},                                                                                 // a resource type of SCIM
	"license": {"map[string]string", "json:\"license\""},                                                                  // of the document of the API
	"start":   {`class="start"`, "Control(", "url != ", "PostgreSQL server"},                                              // a style; a server of tests
	"use":     {"Deprecated.Use"},                                                                                         // what stands in a file of a catalog
	"Start":   {`class="btn no-js"`},                                                                                      // a button
}

// wireNames are words of Coder's API: clients look for them, whatever the catalog is.
var wireNames = map[string][]string{
	"org/account/scopes.go": {"application_connect", "workspace", "template", "file", "provisioner_jobs", "view_insights"},
	"web/coder.go":          {"connection_log", "workspace_proxy"},
	"client/server.go":      {"workspace_proxy"},
}

// productWords finds words of a catalog in code.
type productWords struct{ names, english, pairs, fields, labels *regexp.Regexp }

// newProductWords makes the patterns of the rule:
//   - a name that is no English word, anywhere: "workspace_dormant", "organization-auditor", also in the plural;
//   - a name that is one, alone between quotes or behind "=": `"template"`, "resource_type=template";
//   - a permission, "template:delete" or "file:*", and the field of a form, "org.template.delete";
//   - a label of more than one word or of no English word, anywhere; another one where it is a whole text.
//
// What every catalog has is no word of a product: the core types with their actions, and the fixed roles.
func newProductWords(c *rbac.Catalog) productWords {
	core := map[string]bool{}
	for _, t := range c.Types() {
		for _, a := range t.Actions {
			core[a.Name] = core[a.Name] || c.Core(t.Name)
		}
	}
	var types, names, labels, plain []string
	add := func(name, label string) {
		names = append(names, name)
		if word := strings.ToLower(label); strings.Contains(label, " ") || !slices.Contains(englishWords, strings.TrimSuffix(word, "s")) && !slices.Contains(englishWords, word) {
			labels = append(labels, label)
		} else {
			plain = append(plain, label)
		}
	}
	for _, t := range c.Types() {
		if !c.Core(t.Name) {
			types = append(types, t.Name)
			add(t.Name, t.Label)
		}
		for _, a := range t.Actions {
			if !core[a.Name] && !slices.Contains(names, a.Name) {
				add(a.Name, a.Label)
			}
		}
	}
	for _, r := range c.BuiltIns() {
		if !slices.Contains(fixedRoles, r.Name) {
			add(r.Name, r.DisplayName)
		}
	}
	for _, a := range c.Areas() {
		if strings.Contains(a.Label, " ") && !slices.ContainsFunc(a.Types, func(t rbac.ResourceType) bool { return c.Core(t.Name) }) {
			labels = append(labels, a.Label)
		}
	}
	any := func(list []string) string {
		quoted := []string{}
		for _, word := range list {
			quoted = append(quoted, regexp.QuoteMeta(word))
		}
		slices.SortFunc(quoted, func(a, b string) int { return len(b) - len(a) })
		return "(" + strings.Join(quoted, "|") + ")"
	}
	distinct := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(englishWords, name) })
	return productWords{
		names:   regexp.MustCompile(`(?:^|[^\w-])` + any(distinct) + `s?(?:$|[^\w-])`),
		english: regexp.MustCompile("[\"'`=>]" + any(append(slices.Clone(englishWords), plain...)) + "[\"'`&<]"),
		pairs:   regexp.MustCompile(`(?:^|[^\w-])` + any(types) + `:(?:\*|` + any(c.Actions()) + `\b)`),
		fields:  regexp.MustCompile(`\b(?:org|site|user)\.` + any(types) + `\.`),
		labels:  regexp.MustCompile(`(?:^|[^\w-])` + any(labels) + `s?(?:$|[^\w-])`),
	}
}

// in returns the words of the product in a line of a file.
func (w productWords) in(name, line string) (found []string) {
	for _, pattern := range []*regexp.Regexp{w.names, w.english, w.pairs, w.fields, w.labels} {
		for _, m := range pattern.FindAllStringSubmatch(line, -1) {
			word := m[1]
			friend := pattern == w.english && slices.ContainsFunc(falseFriends[word], func(has string) bool { return strings.Contains(line, has) })
			if !friend && !slices.Contains(wireNames[name], word) {
				found = append(found, word)
			}
		}
	}
	return found
}

// TestNoProductWords: the catalog is data, so nothing but data and tests speaks of what one product has.
func TestNoProductWords(t *testing.T) {
	t.Parallel()
	words := newProductWords(rbac.Default())
	files := 0
	err := fs.WalkDir(os.DirFS("../.."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if err == nil && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "vendor") {
				return fs.SkipDir
			}
			return err
		}
		switch {
		case strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") || strings.Contains(name, "/testdata/") || !slices.Contains([]string{".go", ".templ", ".js"}, path.Ext(name)):
			return nil
		}
		text, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			return err
		}
		files++
		n := 0
		for line := range strings.Lines(string(text)) {
			n++
			if found := words.in(name, line); len(found) > 0 {
				t.Errorf("%s:%d: %q in %s", name, n, found, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil || files < 300 {
		t.Errorf("%d files, %v", files, err)
	}
}

// The rule finds what it is there for, and leaves alone what only looks like it.
func TestProductWordsAreFound(t *testing.T) {
	t.Parallel()
	words := newProductWords(rbac.Default())
	for line, want := range map[string]bool{
		`ask("delete", "template")`: true, `like workspace:read,ssh`: true, `?resource_type=template&action=read`: true, `"use"`: true,
		`"org.template.read"`: true, `give("organization-auditor", "")`: true, `<b>Template Admin</b>`: true, `can open workspaces`: true,
		`label: "Template"`: true, `"file:*"`: true, `'auditor'`: true,
		`a template of a page`: false, `the file of the group`: false, `"user:read"`: false, `*os.File`: false, `start("server")`: false,
		`"organization-admin"`: false, `role="group"`: false, `<template id="draft">`: false, `of use to the system`: false,
	} {
		if got := len(words.in("x.go", line)) > 0; got != want {
			t.Errorf("%s: found %v, want %v: %q", line, got, want, words.in("x.go", line))
		}
	}
}
