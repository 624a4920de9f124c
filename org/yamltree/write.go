package yamltree

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// NewText returns a text.
func NewText(s string) *Node { return &Node{Kind: Text, Text: s} }

// NewBool returns true or false.
func NewBool(b bool) *Node {
	n := &Node{Kind: Text, Text: "false", Plain: true}
	if b {
		n.Text = "true"
	}
	return n
}

// NewTexts returns a list of texts.
func NewTexts(list []string) *Node {
	n := &Node{Kind: List}
	for _, s := range list {
		n.Items = append(n.Items, NewText(s))
	}
	return n
}

// Typed reports whether JSON would take the text, as it stands without quotes, for a number, true or false.
func (n *Node) Typed() bool {
	return n.Kind == Text && n.Plain && typed.MatchString(n.Text)
}

var typed = regexp.MustCompile(`^(true|false|-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?)$`)

// Set adds a member to a mapping.
func (n *Node) Set(name string, v *Node) { n.Fields = append(n.Fields, Field{Name: name, Value: v}) }

// width is how long a line may get before a list or a mapping is written with a line for each member.
const width = 100

// YAML returns the tree as text that [Parse] reads into the same tree, and other readers of YAML too: what they would take
// for something else than text is in quotes.
func (n *Node) YAML() []byte {
	var w writer
	if len(n.Fields)+len(n.Items) == 0 {
		return []byte(flow(n, bare) + "\n")
	}
	w.block(n, 0)
	return w.Bytes()
}

// JSON returns the tree as JSON, with the members in their order.
func (n *Node) JSON() []byte {
	var b bytes.Buffer
	_ = json.Indent(&b, []byte(flow(n, quoted)), "", "  ") // what is written here is JSON
	return append(b.Bytes(), '\n')
}

type writer struct{ bytes.Buffer }

// block writes the members of a list or a mapping, a line for each.
func (w *writer) block(n *Node, indent int) {
	margin := strings.Repeat(" ", indent)
	for _, f := range n.Fields {
		key := bare(f.Name)
		if w.WriteString(margin + key + ":"); !w.short(f.Value, indent+len(key)+1, 1) {
			w.WriteString("\n")
			w.block(f.Value, indent+2)
		}
	}
	for _, v := range n.Items {
		if w.WriteString(margin + "-"); !w.short(v, indent+1, 2) {
			var item writer
			item.block(v, indent+2)
			w.WriteString(" " + strings.TrimLeft(item.String(), " "))
		}
	}
}

// short writes a value behind a key or a dash if it fits into the line, and has at most so many mappings in each other.
func (w *writer) short(v *Node, used, mappings int) bool {
	line := flow(v, bare)
	if v.Kind == Text && !v.Typed() {
		line = sentence(v.Text)
	}
	if len(v.Fields)+len(v.Items) > 0 && (nested(v) > mappings || used+1+utf8.RuneCountInString(line) > width) {
		return false
	}
	w.WriteString(" " + line + "\n")
	return true
}

// nested returns how many mappings stand in each other. A list of lists or mappings counts as too many.
func nested(n *Node) (deepest int) {
	for _, v := range n.Items {
		if v.Kind == List || v.Kind == Mapping {
			return MaxDepth
		}
	}
	for _, f := range n.Fields {
		deepest = max(deepest, nested(f.Value))
	}
	if n.Kind == Mapping {
		deepest++
	}
	return deepest
}

// flow returns a value in one line. write writes keys and texts.
func flow(n *Node, write func(string) string) string {
	var parts []string
	switch n.Kind {
	case Nothing:
		return "null"
	case Text:
		if n.Typed() {
			return n.Text
		}
		return write(n.Text)
	case List:
		for _, v := range n.Items {
			parts = append(parts, flow(v, write))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	default:
		for _, f := range n.Fields {
			parts = append(parts, write(f.Name)+": "+flow(f.Value, write))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
}

var (
	word    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*$`)
	words   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./,;'()-]*( [A-Za-z0-9_./,;'()-]+)*$`)
	notText = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
)

// bare writes a text without quotes if it is one anywhere, in brackets too.
func bare(s string) string { return unquoted(s, word) }

// sentence writes a text that has the rest of the line.
func sentence(s string) string { return unquoted(s, words) }

func unquoted(s string, form *regexp.Regexp) string {
	if form.MatchString(s) && !slices.Contains(notText, strings.ToLower(s)) {
		return s
	}
	return quoted(s)
}

// quoted writes a text in quotes. JSON's are YAML's too.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can be written
	return strings.TrimSuffix(b.String(), "\n")
}
