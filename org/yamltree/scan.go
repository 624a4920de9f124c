package yamltree

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// scan looks at the tokens of a text before they are parsed.
type scan struct {
	text     string
	lines    *lines
	tokens   token.Tokens
	problems []Problem
	places   []Place // of what was refused, to be masked
	stopped  bool    // nothing can be made of the text

	flow    int         // how many brackets are open
	colons  int         // since the last end of a line, comma or bracket
	dashes  int         // side by side
	line    int         // of the token before
	keys    map[int]int // of the mappings that are open: how many keys begin in a column
	ended   bool        // "..." was there
	content bool        // something but comments was there
}

func newScan(text string) *scan {
	return &scan{text: text, lines: newLines(text), tokens: lexer.Tokenize(text), keys: map[int]int{}}
}

func (s *scan) look() {
	for i, t := range s.tokens {
		if t.Position == nil || s.stopped {
			break
		}
		if t.Type == token.InvalidType {
			s.invalid(t)
			return
		}
		if t.Type == token.CommentType {
			continue
		}
		s.refuse(t)
		s.measure(i, t)
	}
}

// invalid refuses what the library cannot take apart, which is the last token. Often that is a tag and the brackets behind it.
func (s *scan) invalid(t *token.Token) {
	end := s.lines.offset(Place{t.Position.Line, t.Position.Column})
	begin := s.lines.begin[min(t.Position.Line, len(s.lines.begin))-1]
	tag := strings.LastIndexByte(s.text[begin:max(begin, end)], '!')
	if tag < 0 || !strings.HasPrefix(strings.TrimSpace(t.Value), "!") {
		s.stop(t, t.Error)
		return
	}
	s.refuseAt(Place{t.Position.Line, 1 + utf8.RuneCountInString(s.text[begin:begin+tag])}, refused[token.TagType].name)
}

func (s *scan) stop(t *token.Token, text string) {
	s.problems = append(s.problems, Problem{Line: t.Position.Line, Column: t.Position.Column, Text: text})
	s.stopped = true
}

// refuse refuses what could make the file mean something else than it seems to.
func (s *scan) refuse(t *token.Token) {
	what, opens := refused[t.Type], t.Type == token.DocumentHeaderType
	switch t.Type {
	case token.MappingKeyType:
		s.stop(t, `"?" for a key is not supported: write "key: value"`)
	case token.DirectiveType:
		s.stop(t, "directives are not supported")
	case token.DocumentEndType:
		s.ended = true
		return
	default: // a part of the document
	}
	if s.ended || opens && s.content {
		s.stop(t, "the file has one document, and something after it")
	}
	s.content = true
	if what.name == "" {
		return
	}
	s.refuseAt(s.place(t, what.first), what.name)
}

// refusedAtMost is how many such places are reported at once. Finding one takes time proportional to the length of its line.
const refusedAtMost = 100

func (s *scan) refuseAt(place Place, what string) {
	s.stopped = s.stopped || len(s.places) == refusedAtMost
	s.places = append(s.places, place)
	s.problems = append(s.problems, Problem{
		Line: place.Line, Column: place.Column,
		Text: fmt.Sprintf("to YAML this is %s, which is not supported; if it is a text, quote it: %q", what, s.word(place)),
	})
}

// refused are the tokens that are read as text once they are complained of, each with the character that it begins with.
var refused = map[token.Type]struct {
	name  string
	first byte
}{
	token.AnchorType: {"an anchor", '&'}, token.AliasType: {"an alias", '*'},
	token.TagType: {"a tag", '!'}, token.MergeKeyType: {"a merge key", '<'},
}

// place returns where a token begins. Behind a tag in brackets the library counts too little, so the character is looked for.
func (s *scan) place(t *token.Token, first byte) Place {
	p := Place{t.Position.Line, t.Position.Column}
	rest := s.text[s.lines.offset(p):]
	line, _, _ := strings.Cut(rest, "\n")
	if i := strings.IndexByte(line, first); i > 0 {
		p.Column += utf8.RuneCountInString(line[:i])
	}
	return p
}

// word returns the text at a place as far as it would go without quotes.
func (s *scan) word(p Place) string {
	ends := " \t\n"
	if s.flow > 0 {
		ends += ",]}"
	}
	rest := s.text[s.lines.offset(p):]
	if i := strings.IndexAny(rest, ends); i >= 0 {
		rest = rest[:i]
	}
	return strings.TrimSuffix(rest, ":")
}

// masked returns the text with a letter in the place of each first character that was refused. No place moves by it.
func (s *scan) masked() string {
	text := []byte(s.text)
	for _, p := range s.places {
		if at := s.lines.offset(p); at < len(text) && strings.IndexByte("!*&<", text[at]) >= 0 {
			text[at] = '_'
		}
	}
	return string(text)
}

// measure refuses what would take the parser too deep, or too long.
func (s *scan) measure(i int, t *token.Token) {
	if t.Position.Line != s.line {
		s.line, s.dashes = t.Position.Line, 0
		if s.flow == 0 {
			s.colons = 0
		}
	}
	switch t.Type {
	case token.SequenceStartType, token.MappingStartType:
		s.flow, s.colons = s.flow+1, 0
	case token.SequenceEndType, token.MappingEndType:
		s.flow, s.colons = max(s.flow-1, 0), 0
	case token.CollectEntryType:
		s.colons = 0
	case token.SequenceEntryType:
		s.dashes++
		s.leave(t.Position.Column)
	case token.MappingValueType:
		s.colons++
		s.key(i, t)
	default: // takes the parser nowhere deeper
	}
	if s.flow > MaxDepth || s.dashes > MaxDepth {
		s.stop(t, tooDeep().Error())
	} else if s.colons > 1 {
		s.stop(t, "a second colon in one place: quote the text that has it")
	}
}

// leave forgets the mappings that stand to the right of a column.
func (s *scan) leave(column int) {
	for c := range s.keys {
		if c > column {
			delete(s.keys, c)
		}
	}
}

// key counts a key of a mapping without brackets.
func (s *scan) key(i int, t *token.Token) {
	if s.flow > 0 || i == 0 {
		return
	}
	column := s.tokens[i-1].Position.Column
	s.leave(column)
	if s.keys[column]++; s.keys[column] > maxKeys {
		s.stop(t, tooManyKeys().Error())
	}
}
