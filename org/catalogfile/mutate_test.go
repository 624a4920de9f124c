package catalogfile_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"rolecall.example/org/catalogfile"
)

// pieces are what mutations put into a text: all that YAML and the format give a meaning.
var pieces = []string{
	"\n", "\n  ", "\t", "- ", ": ", ":", "{", "}", "[", "]", ",", "\"", "'", "|\n", ">\n", "#", "&a ", "*a ", "!a ", "<<: ", "---\n", "...\n", "%", "? ", "@", "`",
	"\r\n", "\\", "\u00e9", "\ufeff", "\xff", "\x00", "~", "null", "true", "1", "renamed_from: [a]", "\"*:*\"", "\"!invoice:read\"", "roles:\n", "types:\n", "    ",
}

// TestReadTakesAnything: no text makes the reader panic, and each has a document or problems with their places. ROLECALL_TEXTS
// says how many are tried.
func TestReadTakesAnything(t *testing.T) {
	t.Parallel()
	n := 5_000
	if set, err := strconv.Atoi(os.Getenv("ROLECALL_TEXTS")); err == nil {
		n = set
	}
	seeds := []string{
		"format: rolecall/catalog/1\nproduct: x\nlabel: X\ntypes:\n  invoice:\n    label: Invoice\n    plural: Invoices\n    actions: {read: See one, pay: {risk: Money., deprecated: {use: read}}}\n",
		"{\"format\":\"rolecall/catalog/1\",\"product\":\"x\",\"label\":\"X\",\"types\":{\"a\":{\"label\":\"A\",\"plural\":\"As\",\"actions\":{\"b\":null}}}}",
		"format: rolecall/catalog/1\nproduct: x\nlabel: X\ntypes: {a: {label: A, plural: As, actions: {b: , c: }}}\nroles:\n  helper: {label: H, scope: organization, organization: [\"a:b,c\", \"!a:b\", \"*:c\"]}\nreserved: [x]\nsamples: [{name: s, label: S, organization: [\"a:*\"]}]\ngrid: {columns: [b], presets: [{id: p, label: P, actions: [b]}]}\n",
	}
	rnd := rand.New(rand.NewPCG(uint64(n), 7))
	text := ""
	for i := range n {
		if i%8 == 0 { // a few mutations on top of each other
			text = seeds[rnd.IntN(len(seeds))]
		}
		text = mutated(rnd, text)
		name := []string{"", "x.yaml", "x.json"}[rnd.IntN(3)]
		d, problems, _ := catalogfile.Check(name, []byte(text))
		if (d == nil) == (problems == nil) {
			t.Fatalf("%q: a document: %v, and problems: %v", text, d != nil, problems)
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Text == "" {
				t.Fatalf("%q: %+v has no place, or says nothing", text, p)
			}
		}
	}
}

// mutated changes a text in one place.
func mutated(rnd *rand.Rand, text string) string {
	at := rnd.IntN(len(text) + 1)
	end := min(len(text), at+rnd.IntN(12))
	switch rnd.IntN(5) {
	case 0:
		return text[:at] + text[end:]
	case 1:
		return text[:at] + text[at:end] + text[at:]
	case 2:
		return text[:at] + string(rune(rnd.IntN(256))) + text[end:]
	case 3:
		return text[:at] + strings.Repeat(pieces[rnd.IntN(len(pieces))], 1+rnd.IntN(4)) + text[at:]
	default:
		return text[:at] + pieces[rnd.IntN(len(pieces))] + text[end:]
	}
}
