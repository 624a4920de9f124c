package yamltree

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Parse reads a file. The name only tells which language is meant by text that is wrong in both. The tree is nil if the text
// cannot be made out; problems tell why.
func Parse(name string, data []byte) (*Node, []Problem) {
	if len(data) > MaxBytes {
		return nil, []Problem{{Line: 1, Column: 1, Text: fmt.Sprintf("the file is larger than %d bytes", MaxBytes)}}
	}
	text, problem := clean(string(data))
	if problem != nil {
		return nil, []Problem{*problem}
	}
	isJSON := strings.HasPrefix(strings.TrimLeft(text, " \t\n"), "{") && json.Valid([]byte(text))
	if isJSON || strings.HasSuffix(name, ".json") {
		return parseJSON(text)
	}
	if problem := crowded(text); problem != nil {
		return nil, []Problem{*problem}
	}
	return parseYAML(text)
}

// What a YAML file may have at most. The library takes time by the square of the empty lines below a "|", and by each mark,
// whatever comes of it: far more than a file for people has would keep a processor busy for seconds.
const (
	maxLines = 50_000
	maxEmpty = 100 // lines in a row
	maxMarks = 250_000
	marks    = ",[]{}!&*%@`?|>'\":"
)

// crowded refuses a text that would take long, before anything takes it apart.
func crowded(text string) *Problem {
	number, empty, marked := 0, 0, 0
	for line := range strings.SplitSeq(text, "\n") {
		number, empty = number+1, empty+1
		if strings.Trim(line, " \t") != "" {
			empty = 0
		}
		for i := range len(line) {
			if strings.IndexByte(marks, line[i]) >= 0 {
				marked++
			}
		}
		switch {
		case empty > maxEmpty:
			return &Problem{Line: number, Column: 1, Text: fmt.Sprintf("more than %d empty lines in a row", maxEmpty)}
		case number > maxLines:
			return &Problem{Line: number, Column: 1, Text: fmt.Sprintf("the file has more than %d lines", maxLines)}
		case marked > maxMarks:
			return &Problem{Line: number, Column: 1, Text: fmt.Sprintf("the file has more than %d marks like , : [ and \"", maxMarks)}
		}
	}
	return nil
}

// clean makes all ends of lines one, takes the mark off the beginning that some editors write, and refuses what no text has.
func clean(text string) (string, *Problem) {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	place := Place{1, 1}
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return "", &Problem{Line: place.Line, Column: place.Column, Text: "the text is not UTF-8"}
		case r == '\n':
			place = Place{place.Line + 1, 0}
		case r < ' ' && r != '\t', r == 0x7f:
			return "", &Problem{Line: place.Line, Column: place.Column, Text: fmt.Sprintf("a control character, %U", r)}
		}
		place.Column++
	}
	return text, nil
}

// lines finds places in a text.
type lines struct {
	text  string
	begin []int // of each line, in bytes
}

func newLines(text string) *lines {
	l := lines{text, []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			l.begin = append(l.begin, i+1)
		}
	}
	return &l
}

// offset returns where a place is in the text, in bytes.
func (l *lines) offset(p Place) int {
	if p.Line < 1 || p.Line > len(l.begin) {
		return len(l.text)
	}
	at := l.begin[p.Line-1]
	for range p.Column - 1 {
		_, size := utf8.DecodeRuneInString(l.text[at:])
		at += size
	}
	return at
}
