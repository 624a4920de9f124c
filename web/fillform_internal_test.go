package web

import (
	"bytes"
	"context"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/views/ui"
)

// TestFillForm: only the fields of the form that was sent change, and what was entered stays text.
func TestFillForm(t *testing.T) {
	t.Parallel()
	const before = `<form method="post" action="/a"><input name="one" value="1"></form><form method="post" action="/b">`
	const after = `</form><form method="post" action="/b"><input name="one" value="1"></form>`
	k := keptForm{Action: "/b", Values: url.Values{
		"one": {`"><script>`}, "tick": {"y"}, "radio": {"b"}, "list": {"2"}, "long": {"</textarea><b>"}, "version": {"old"}, "form_id": {"old"}, "off": {"x"}, "secret": {"x"},
	}}
	page := before + `<input name="one" value="1"><input type=checkbox name=tick value=x checked><input type="checkbox" name="tick" value="y">` +
		`<input type="radio" name="radio" value="a" checked><input type="radio" name="radio" value="b"><select name="list"><option value="1" selected>1</option><option value="2">2</option></select>` +
		`<textarea name="long">old</textarea><input type="hidden" name="version" value="new"><input type="hidden" name="form_id" value="new"><input name="off" value="1" disabled><input type="password" name="secret">` + after
	note := &bytes.Buffer{}
	if err := ui.Kept().Render(context.Background(), note); err != nil {
		t.Fatal(err)
	}
	want := before + note.String() + `<input name="one" value="&#34;&gt;&lt;script&gt;"><input type="checkbox" name="tick" value="x"><input type="checkbox" name="tick" value="y" checked="">` +
		`<input type="radio" name="radio" value="a"><input type="radio" name="radio" value="b" checked=""><select name="list"><option value="1">1</option><option value="2" selected="">2</option></select>` +
		`<textarea name="long">` + "\n" + `&lt;/textarea&gt;&lt;b&gt;</textarea><input type="hidden" name="version" value="old"><input type="hidden" name="form_id" value="new"><input name="off" value="1" disabled><input type="password" name="secret">` + after
	got, found := k.fill([]byte(page), context.Background())
	if diff := cmp.Diff(want, string(got)); diff != "" || !found {
		t.Errorf("found %t (-want +got)\n%s", found, diff)
	}
	k.Action = "/nowhere"
	if got, found := k.fill([]byte(page), context.Background()); found || string(got) != page {
		t.Error("a page without the form changes")
	}
}
