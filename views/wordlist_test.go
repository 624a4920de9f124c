package views

import (
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// wireTexts are texts that clients of the API know by heart, so they stay as its documents have them.
var wireTexts = map[string]bool{
	"Query parameters have invalid values.":      true,
	"Failed to create API key.":                  true,
	"Failed to validate create API key request.": true,
	"Failed to update role permissions":          true,
	"must be alphanumeric with hyphens":          true,
	"No organization specified to place the user as a member of. It is required to specify at least one organization id to place the user in.": true,
}

// never is one row of the table of docs/words.md.
type never struct {
	phrase, say string
	found       *regexp.Regexp
	unless      []string
}

// neverWords reads the table.
func neverWords(t *testing.T, doc string) (list []never) {
	t.Helper()
	_, table, _ := strings.Cut(doc, "## Never")
	table, _, _ = strings.Cut(table, "\n## ")
	code := regexp.MustCompile("`([^`]+)`")
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(line, "| \n"), "|")
		if len(cells) < 2 || !strings.Contains(cells[0], "`") {
			continue
		}
		var unless []string
		if len(cells) > 2 {
			for _, m := range code.FindAllStringSubmatch(cells[2], -1) {
				unless = append(unless, m[1])
			}
		}
		for _, m := range code.FindAllStringSubmatch(cells[0], -1) {
			pattern := strings.ReplaceAll(regexp.QuoteMeta(m[1]), `\*`, `\w*`)
			list = append(list, never{m[1], strings.TrimSpace(cells[1]), regexp.MustCompile(`(?i)\b` + pattern + `\b`), unless})
		}
	}
	if len(list) < 20 {
		t.Fatalf("only %d words are never said", len(list))
	}
	return list
}

// in reports whether a text says it, the exceptions aside.
func (n never) in(text string) bool {
	for _, u := range n.unless {
		text = regexp.MustCompile(`(?i)\b`+regexp.QuoteMeta(u)+`\b`).ReplaceAllString(text, "")
	}
	return n.found.MatchString(text)
}

// sentencesBefore are the sentences of the second table that stand in a text as they are.
func sentencesBefore(doc string) (list []string) {
	_, table, _ := strings.Cut(doc, "## Before and after")
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(line, "| \n"), "|")
		if len(cells) != 2 {
			continue
		}
		before := strings.TrimSpace(cells[0])
		if strings.Count(before, " ") >= 2 && !regexp.MustCompile(`[…{}()/·0-9X]`).MatchString(before) {
			list = append(list, before)
		}
	}
	return list
}

var (
	spokenAttribute = regexp.MustCompile(`(?:aria-label|placeholder|title|alt)="([^"]*)"`)
	inside          = regexp.MustCompile(`^[a-z].*%[qsw]`)
	tag             = regexp.MustCompile(`<[^>]*>?`)
)

// spoken is what a literal of a template says to people: without tags, and without the rest of one that it begins in.
func spoken(text string) string {
	var said []string
	for _, m := range spokenAttribute.FindAllStringSubmatch(text, -1) {
		said = append(said, m[1])
	}
	if end, begin := strings.Index(text, ">"), strings.Index(text, "<"); end >= 0 && (begin < 0 || end < begin) {
		text = text[end+1:]
	}
	return html.UnescapeString(strings.Join(append(said, tag.ReplaceAllString(text, " ")), " · "))
}

// literals calls each with every text of a file: its strings that are more than a word, and all that a template says.
func literals(t *testing.T, root fs.FS, name string, each func(text string)) {
	t.Helper()
	source, err := fs.ReadFile(root, name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	template := strings.HasSuffix(name, "_templ.go")
	ast.Inspect(file, func(n ast.Node) bool {
		if f, ok := n.(*ast.Field); ok {
			f.Tag = nil
		}
		l, ok := n.(*ast.BasicLit)
		if !ok || l.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(l.Value)
		switch {
		case err != nil:
		case template && strings.ContainsAny(text, "<>="):
			each(spoken(text))
		case inside.MatchString(text): // for a log
		case strings.Contains(text, " "):
			each(text)
		}
		return true
	})
}

// TestWords compares every text with docs/words.md, which alone decides about terms.
func TestWords(t *testing.T) {
	t.Parallel()
	root := os.DirFS("..")
	doc, err := fs.ReadFile(root, "docs/words.md")
	if err != nil {
		t.Fatal(err)
	}
	words, before := neverWords(t, string(doc)), sentencesBefore(string(doc))
	if len(before) < 40 {
		t.Errorf("only %d sentences were reviewed", len(before))
	}
	texts := 0
	straight := regexp.MustCompile(`[a-z]'(s|t|re|ve|ll|d)\b`)
	for _, dir := range []string{"views", "web", "org", "cmd/rolecall"} {
		err := fs.WalkDir(root, dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "test/") {
				return err
			}
			source := strings.TrimSuffix(strings.TrimSuffix(name, ".go"), "_templ")
			literals(t, root, name, func(text string) {
				texts++
				wrong := ""
				for _, n := range words {
					if n.in(text) {
						wrong = n.phrase + " (" + n.say + ")"
					}
				}
				for _, b := range before {
					if strings.Contains(text, b) {
						wrong = b
					}
				}
				if dir == "views" && straight.MatchString(text) {
					wrong = "a straight apostrophe"
				}
				if wrong != "" && !wireTexts[text] {
					t.Errorf("%s says %q: %.160q", source, wrong, text)
				}
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if texts < 2000 {
		t.Errorf("only %d texts were looked at", texts)
	}
}

// TestWordsApart: a template drops the line break between words and a component, so the words would stick to what it shows.
// What only places an icon has room by its style.
func TestWordsApart(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(os.DirFS("."), "*.templ")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d templates, %v", len(files), err)
	}
	stuck := regexp.MustCompile(`(?m)^\s*((?:[A-Za-z{][^<>\n]*)? ?[A-Za-z,:])\n\s*(@ui\.(?:Day|Until|Ago|Time|Moment)\w*\()`)
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range stuck.FindAllStringSubmatch(string(source), -1) {
			t.Errorf("%s: %q sticks to %s", name, m[1], m[2])
		}
	}
}
