package yamltree_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"rolecall.example/org/yamltree"
)

// outline writes a tree in one line, with the places of keys and texts.
func outline(n *yamltree.Node) string {
	var parts []string
	switch {
	case n == nil:
		return "nil"
	case n.Kind == yamltree.Nothing:
		return "nothing"
	case n.Kind == yamltree.Text && n.Plain:
		return fmt.Sprintf("%s@%d:%d", n.Text, n.Place.Line, n.Place.Column)
	case n.Kind == yamltree.Text:
		return fmt.Sprintf("%q@%d:%d", n.Text, n.Place.Line, n.Place.Column)
	}
	for _, v := range n.Items {
		parts = append(parts, outline(v))
	}
	for _, f := range n.Fields {
		parts = append(parts, fmt.Sprintf("%s@%d:%d=%s", f.Name, f.Place.Line, f.Place.Column, outline(f.Value)))
	}
	if n.Kind == yamltree.List {
		return "[" + strings.Join(parts, " ") + "]"
	}
	return "{" + strings.Join(parts, " ") + "}"
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"a: b", `{a@1:1=b@1:4}`},
		{"---\na: b\n...\n# end\n", `{a@2:1=b@2:4}`},
		{"no: on\nyes: null\n~: 0x1F\nv: 2026-11\nw: 1_000\n1: .inf\n", `{no@1:1=on@1:5 yes@2:1=nothing ~@3:1=0x1F@3:4 v@4:1=2026-11@4:4 w@5:1=1_000@5:4 1@6:1=.inf@6:4}`},
		{"é: ü # comment\nb: 'it''s'\nc: \"\\u00e9\\n\"\n", `{é@1:1=ü@1:4 b@2:1="it's"@2:4 c@3:1="é\n"@3:4}`},
		{"a:\n- b\n-\n- {c: d, e: [f, g]}\n- - h\n", `{a@1:1=[b@2:3 nothing {c@4:4=d@4:7 e@4:10=[f@4:14 g@4:17]} [h@5:5]]}`},
		{"a: one\n  two\n", `{a@1:1=one two@1:4}`},
		{"a: >\n  one\n  two\nb: |\n  one\n  two\n", "{a@1:1=\"one two\\n\"@1:4 b@4:1=\"one\\ntwo\\n\"@4:4}"},
		{"\ufeffa: b\r\nc: d\r\n", `{a@1:1=b@1:4 c@2:1=d@2:4}`},
		{"a: b\na: c\n", `{a@1:1=b@1:4 a@2:1=c@2:4}`},
		{`{"a": [1, true, null, "x"],` + "\n" + ` "é": {"b": "\u00fc"}, "a": 1.50}`, `{a@1:2=[1@1:8 true@1:11 nothing "x"@1:23] é@2:2={b@2:8="ü"@2:13} a@2:24=1.50@2:29}`},
		{`{a: "x y", 'b': c}`, `{a@1:2="x y"@1:5 b@1:12=c@1:17}`},
	} {
		n, problems := yamltree.Parse("", []byte(tt.text))
		if got := outline(n); got != tt.want || problems != nil {
			t.Errorf("Parse(%q) = %s, %v\nwant %s", tt.text, got, problems, tt.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"tag", "a:\n  - !invoice:pay\n", `2:5 to YAML this is a tag, which is not supported; if it is a text, quote it: "!invoice:pay"`},
		{"alias", "a: *:read # x\n", `1:4 to YAML this is an alias, which is not supported; if it is a text, quote it: "*:read"`},
		{"in brackets, one after the other", "ü: [!invoice:pay,void, *:read, x]", `1:5 to YAML this is a tag, which is not supported; if it is a text, quote it: "!invoice:pay" | ` +
			`1:24 to YAML this is an alias, which is not supported; if it is a text, quote it: "*:read"`},
		{"before brackets", "é: {a: [b, !x:y], c: [!x:z]}\n", `1:12 to YAML this is a tag, which is not supported; if it is a text, quote it: "!x:y" | ` +
			`1:23 to YAML this is a tag, which is not supported; if it is a text, quote it: "!x:z"`},
		{"anchor and merge key", "a: &x {b: c}\nd:\n  <<: *x\n", `1:4 to YAML this is an anchor, which is not supported; if it is a text, quote it: "&x" | ` +
			`3:3 to YAML this is a merge key, which is not supported; if it is a text, quote it: "<<" | ` +
			`3:7 to YAML this is an alias, which is not supported; if it is a text, quote it: "*x"`},
		{"two documents", "a: b\n---\nc: d\n", `2:1 the file has one document, and something after it`},
		{"after the end", "a: b\n...\nc: d\n", `3:1 the file has one document, and something after it`},
		{"directive", "%YAML 1.2\n---\na: b\n", `1:1 directives are not supported`},
		{"complex key", "? a\n: b\n", `1:1 "?" for a key is not supported: write "key: value"`},
		{"two colons", "a: b: c\n", `1:5 a second colon in one place: quote the text that has it`},
		{"list as a key", "[a]: b\n", `1:4 found an invalid key for this map`},
		{"brackets left open", "a: [b", `1:4 sequence end token ']' not found`},
		{"nothing", "", `1:1 the file is empty`},
		{"comments", "# a\n", `1:1 the file is empty`},
		{"not UTF-8", "a: b\nc: \xff", `2:4 the text is not UTF-8`},
		{"control character", "a: b\nc: \"\x1b\"", `2:5 a control character, U+001B`},
		{"large", strings.Repeat("#", yamltree.MaxBytes+1), `1:1 the file is larger than 1048576 bytes`},
		{"deep", strings.Repeat("[", 17), `1:17 lists and mappings stand more than 16 deep in each other`},
		{"deep by dashes", strings.Repeat("- ", 300_000) + "a", `1:33 lists and mappings stand more than 16 deep in each other`},
		{"deep by lines", nest(17), `17:18 lists and mappings stand more than 16 deep in each other`},
		{"deep JSON", strings.Repeat(`{"a":`, 17) + "1" + strings.Repeat("}", 17), `1:81 lists and mappings stand more than 16 deep in each other`},
		{"wide", wide(2001), `2001:6 a mapping has more than 2000 keys`},
		{"wide in brackets", "{" + strings.ReplaceAll(wide(2001), "\n", ",") + "}", `1:1 a mapping has more than 2000 keys`},
		{"long", "a: [" + strings.Repeat("a,", 60_000) + "]", `1:1 the file has more than 50000 values`},
		{"long JSON", `{"a": [` + strings.Repeat("1,", 60_000) + "1]}", `1:100004 the file has more than 50000 values`},
		{"x.json", `{"a": 1,}`, `1:9 invalid character '}' looking for beginning of object key string`},
		{"x.json", "{\n\"a\": [1, 2", `2:11 the text ends too early`},
		{"x.json", "{}\n {}", `2:2 the file has one value, and something after it`},
	} {
		n, problems := yamltree.Parse(tt.name, []byte(tt.text))
		var got []string
		for _, p := range problems {
			got = append(got, fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Text))
		}
		if strings.Join(got, " | ") != tt.want {
			t.Errorf("%s: %v: %s\nwant %s", tt.name, outline(n), strings.Join(got, " | "), tt.want)
		}
	}
}

func nest(deep int) string {
	var b strings.Builder
	for i := range deep {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String() + strings.Repeat(" ", deep) + "b"
}

func wide(keys int) string {
	var b strings.Builder
	for i := range keys {
		fmt.Fprintf(&b, "k%d: {}\n", i)
	}
	return b.String()
}

// What is refused as text is read as such, so that the rest of the file is looked at.
func TestReadOn(t *testing.T) {
	t.Parallel()
	r := yamltree.NewReader("", []byte("list: [!a:b, *c, d]\nlable: x\nother: [1]\nlist: []\n"))
	var list []string
	r.Keys("", r.Root, []yamltree.Key{
		{Name: "list", Read: func(path string, v *yamltree.Node) { list = r.Texts(path, v) }},
		{Name: "label", Needed: true, Read: func(path string, v *yamltree.Node) { r.Text(path, v) }},
		{Name: "other", Read: func(path string, v *yamltree.Node) { r.Text(path, v) }},
		{Name: "missing", Needed: true},
	})
	var got []string
	for _, p := range r.Problems() {
		got = append(got, p.String())
	}
	want := []string{
		"line 1: missing is needed",
		`line 1: to YAML this is a tag, which is not supported; if it is a text, quote it: "!a:b"`,
		`line 1: to YAML this is an alias, which is not supported; if it is a text, quote it: "*c"`,
		`line 2: unknown key "lable" (did you mean label?)`,
		"line 3: other: a text is needed here, not a list",
		`line 4: "list" is there twice, first in line 1`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if len(list) != 3 || r.Find("list[2].x").Column != 18 || !r.Failed("label") || r.Failed("list") || r.Has("label") {
		t.Errorf("list %q, list[2] at %v", list, r.Find("list[2].x"))
	}
}

// pieces are what random texts are made of: what some reader takes for something else than text.
var pieces = []string{
	"a", "b c", " ", "no", "null", "~", "1", "0x1", "1e3", ".inf", "-", "- a", ":", ": ", " #", "#", "!", "*", "&", "?", "|", ">", "%", "@", "`", "'", "\"", "\\",
	"{", "}", "[", "]", ",", "\n", "\t", "é", "李", "🙂", "<<", "=", "2026-11-29", "true", "off", "---", "...", "\u2028",
}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(4) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

func randomTree(r *rand.Rand, deep int) *yamltree.Node {
	if k := r.IntN(8); deep <= 0 || k < 3 {
		switch k {
		case 0:
			return &yamltree.Node{Kind: yamltree.Text, Text: []string{"true", "false", "12", "-1.5"}[r.IntN(4)], Plain: true}
		case 1:
			return &yamltree.Node{Kind: yamltree.Nothing}
		}
		return yamltree.NewText(randomText(r))
	}
	n := &yamltree.Node{Kind: yamltree.List}
	if r.IntN(2) == 0 {
		for range r.IntN(4) {
			n.Items = append(n.Items, randomTree(r, deep-1))
		}
		return n
	}
	return randomMapping(r, deep)
}

func randomMapping(r *rand.Rand, deep int) *yamltree.Node {
	n := &yamltree.Node{Kind: yamltree.Mapping}
	for range r.IntN(4) {
		n.Set(randomText(r), randomTree(r, deep-1))
	}
	return n
}

// plain returns a tree as data.
func plain(n *yamltree.Node) any {
	switch n.Kind {
	case yamltree.List:
		list := []any{}
		for _, v := range n.Items {
			list = append(list, plain(v))
		}
		return list
	case yamltree.Mapping:
		list := []any{"mapping"}
		for _, f := range n.Fields {
			list = append(list, f.Name, plain(f.Value))
		}
		return list
	case yamltree.Text:
		return n.Text
	}
	return nil
}

// What is written is read as the same tree, as YAML and as JSON, and another reader of YAML takes every text for text.
func TestWrite(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		tree := randomMapping(r, 4)
		for form, text := range map[string][]byte{"YAML": tree.YAML(), "JSON": tree.JSON()} {
			got, problems := yamltree.Parse("", text)
			if problems != nil || !reflect.DeepEqual(plain(got), plain(tree)) {
				t.Fatalf("%s:\n%s%v\nwant %v\n%v", form, text, outline(got), plain(tree), problems)
			}
		}
		var other yaml.Node
		if err := yaml.Unmarshal(tree.YAML(), &other); err != nil {
			t.Fatalf("%v:\n%s", err, tree.YAML())
		}
		if len(tree.Fields) > 0 {
			sameTexts(t, tree, other.Content[0])
		}
	}
}

func sameTexts(t *testing.T, want *yamltree.Node, got *yaml.Node) {
	t.Helper()
	for i, f := range want.Fields {
		sameTexts(t, yamltree.NewText(f.Name), got.Content[2*i])
		sameTexts(t, f.Value, got.Content[2*i+1])
	}
	for i, v := range want.Items {
		sameTexts(t, v, got.Content[i])
	}
	if want.Kind == yamltree.Text && (got.Value != want.Text || !want.Plain && got.Tag != "!!str") {
		t.Errorf("another reader takes %q for %s %q", want.Text, got.Tag, got.Value)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"a: b", `{"a": [1, {"b": null}]}`, "a: &x [*x, !t y]\n<<: *x", "- - - a\n-\n  b: |\n    c\n", "? a\n: b", "--- a\n... b", "a: \"\\ud83d\\ude42\"", "{[a]: b, c: d: e}", "\ta:\n\t- b",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		n, problems := yamltree.Parse("", text)
		if (n == nil) != (len(problems) > 0) && n == nil {
			t.Fatal("no tree, and no problem")
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 {
				t.Errorf("%s has no place", p)
			}
		}
		if n == nil || len(problems) > 0 || n.Kind != yamltree.Mapping {
			return
		}
		again, problems := yamltree.Parse("", n.YAML())
		if problems != nil || !reflect.DeepEqual(plain(again), plain(n)) {
			t.Errorf("%q is written as %q: %v", text, n.YAML(), problems)
		}
	})
}

// TestCrowded: what would keep the parser busy for long is refused before, and nothing that people write is.
func TestCrowded(t *testing.T) {
	for text, want := range map[string]string{
		"a: |\n" + strings.Repeat("\n", 1<<16):         "line 102: more than 100 empty lines in a row",
		"a: |\n  b\n" + strings.Repeat(" \t\n", 1<<16): "line 103: more than 100 empty lines in a row",
		strings.Repeat("a\n", 1<<18):                   "line 50001: the file has more than 50000 lines",
		"[" + strings.Repeat("1,", 1<<18) + "1]":       `line 1: the file has more than 250000 marks like , : [ and "`,
	} {
		if _, problems := yamltree.Parse("x.yaml", []byte(text)); len(problems) != 1 || problems[0].String() != want {
			t.Errorf("%.10q…: %v, want %q", text, problems, want)
		}
	}
	gap := "a: b\n" + strings.Repeat("\n", 90) + "c: d\n"
	if root, problems := yamltree.Parse("x.yaml", []byte(gap)); root == nil || problems != nil {
		t.Errorf("90 empty lines: %v", problems)
	}
}
