package yamltree

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// jsonReader reads JSON token by token, because a decoder knows no lines and takes the last of two equal names.
type jsonReader struct {
	text  string
	d     *json.Decoder
	place Place // of the byte at
	at    int

	values int
}

// parseJSON reads one value of JSON, and nothing after it.
func parseJSON(text string) (*Node, []Problem) {
	r := jsonReader{text: text, d: json.NewDecoder(strings.NewReader(text)), place: Place{1, 1}}
	r.d.UseNumber()
	root, err := r.value(1)
	if err == nil {
		r.begin()
		if _, end := r.d.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("the file has one value, and something after it")
		}
	}
	if err == nil {
		return root, nil
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		r.goTo(int(syntax.Offset) - 1)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		r.goTo(len(text))
		err = errors.New("the text ends too early")
	}
	return nil, []Problem{{Line: r.place.Line, Column: r.place.Column, Text: err.Error()}}
}

// goTo moves the place forward.
func (r *jsonReader) goTo(offset int) {
	for r.at < offset && r.at < len(r.text) {
		c, size := utf8.DecodeRuneInString(r.text[r.at:])
		r.at += size
		r.place.Column++
		if c == '\n' {
			r.place = Place{r.place.Line + 1, 1}
		}
	}
}

// begin returns where the next token begins.
func (r *jsonReader) begin() Place {
	r.goTo(int(r.d.InputOffset()))
	for r.at < len(r.text) && strings.IndexByte(" \t\n,:", r.text[r.at]) >= 0 {
		r.goTo(r.at + 1)
	}
	return r.place
}

func (r *jsonReader) value(depth int) (*Node, error) {
	n := Node{Place: r.begin()}
	if r.values++; r.values > maxValues {
		return nil, tooManyValues()
	}
	token, err := r.d.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		if depth > MaxDepth {
			return nil, tooDeep()
		}
		if n.Kind = List; token == '{' {
			n.Kind = Mapping
		}
		return &n, r.members(&n, depth)
	case string:
		n.Kind, n.Text = Text, token
	case json.Number:
		n.Kind, n.Text, n.Plain = Text, token.String(), true
	case bool:
		n.Kind, n.Text, n.Plain = Text, fmt.Sprint(token), true
	}
	return &n, nil
}

// members reads what is in a list or a mapping, and its end.
func (r *jsonReader) members(n *Node, depth int) error {
	for r.d.More() {
		if n.Kind == List {
			item, err := r.value(depth + 1)
			if err != nil {
				return err
			}
			n.Items = append(n.Items, item)
			continue
		}
		f := Field{Place: r.begin()}
		name, err := r.d.Token()
		if err != nil {
			return err
		}
		f.Name, _ = name.(string) // the decoder takes nothing else for a name
		if f.Value, err = r.value(depth + 1); err != nil {
			return err
		}
		if n.Fields = append(n.Fields, f); len(n.Fields) > maxKeys {
			return tooManyKeys()
		}
	}
	_, err := r.d.Token()
	return err
}

func tooDeep() error {
	return fmt.Errorf("lists and mappings stand more than %d deep in each other", MaxDepth)
}

func tooManyValues() error { return fmt.Errorf("the file has more than %d values", maxValues) }

func tooManyKeys() error { return fmt.Errorf("a mapping has more than %d keys", maxKeys) }
