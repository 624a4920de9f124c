package web

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"rolecall.example/views/ui"
)

// filler writes a page again, with the fields of one of its forms filled in. Everything else stays byte for byte.
type filler struct {
	keptForm
	tokens *html.Tokenizer
	out    bytes.Buffer

	inside, found bool
	list          string // the name of the select that is open
}

// fill fills in the first form of the page that is sent to the same address as this one, and says so in it. found is
// false if the page has no such form.
func (k keptForm) fill(page []byte, ctx context.Context) (filled []byte, found bool) { //nolint:revive // the page is what it is about
	f := &filler{keptForm: k, tokens: html.NewTokenizer(bytes.NewReader(page))}
	for {
		kind := f.tokens.Next()
		if kind == html.ErrorToken {
			return f.out.Bytes(), f.found
		}
		raw := slices.Clone(f.tokens.Raw())
		t := f.tokens.Token()
		opens := kind == html.StartTagToken || kind == html.SelfClosingTagToken
		switch {
		case opens && t.Data == "form" && !f.found && attribute(&t, "method") == "post" && attribute(&t, "action") == k.Action:
			f.inside, f.found = true, true
			f.out.Write(raw)
			if err := ui.Kept().Render(ctx, &f.out); err != nil {
				return nil, false
			}
		case kind == html.EndTagToken && t.Data == "form":
			f.inside = false
			f.out.Write(raw)
		case f.inside && opens && f.field(&t):
			f.out.WriteString(t.String())
		case f.inside && opens && t.Data == "textarea" && k.Values.Has(attribute(&t, "name")):
			f.out.Write(raw)
			f.text(k.Values.Get(attribute(&t, "name")))
		default:
			f.out.Write(raw)
		}
	}
}

// field changes the tag of a field to what was entered, and reports whether it did.
func (f *filler) field(t *html.Token) bool {
	name := attribute(t, "name")
	switch t.Data {
	case "select":
		f.list = name
	case "option":
		if f.Values.Has(f.list) {
			set(t, "selected", slices.Contains(f.Values[f.list], attribute(t, "value")))
			return true
		}
	case "input":
		return name != "" && !disabled(t) && f.input(t, name)
	}
	return false
}

func (f *filler) input(t *html.Token, name string) bool {
	switch attribute(t, "type") {
	case "radio", "checkbox":
		set(t, "checked", slices.Contains(f.Values[name], attribute(t, "value")))
	case "hidden":
		if name != "version" || !f.Values.Has(name) { // the form continues from the state that it was opened with
			return false
		}
		put(t, "value", f.Values.Get(name))
	case "", "text", "email", "url", "date", "search", "number":
		if !f.Values.Has(name) {
			return false
		}
		put(t, "value", f.Values.Get(name))
	default: // secrets and buttons
		return false
	}
	return true
}

// text replaces the content of a textarea.
func (f *filler) text(entered string) {
	f.out.WriteString("\n" + html.EscapeString(entered)) // a parser drops one line break at the beginning
	for {
		if next := f.tokens.Next(); next == html.EndTagToken {
			f.out.Write(f.tokens.Raw())
			return
		} else if next == html.ErrorToken {
			return
		}
	}
}

func attribute(t *html.Token, key string) string {
	for _, a := range t.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func disabled(t *html.Token) bool {
	return slices.ContainsFunc(t.Attr, func(a html.Attribute) bool { return a.Key == "disabled" })
}

// set adds an attribute without a value, or removes it.
func set(t *html.Token, key string, on bool) {
	t.Attr = slices.DeleteFunc(t.Attr, func(a html.Attribute) bool { return a.Key == key })
	if on {
		t.Attr = append(t.Attr, html.Attribute{Key: key})
	}
}

func put(t *html.Token, key, value string) {
	set(t, key, false)
	t.Attr = append(t.Attr, html.Attribute{Key: key, Val: strings.ToValidUTF8(value, "")})
}
