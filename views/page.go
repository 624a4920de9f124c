// Package views turns what the use cases answer into HTML: whole pages, and the fragments of them that htmx swaps in.
// Every page is made of links and forms that work without script. The package holds no rule of the product: rights and
// the reasons of refusals come with the values of org. It knows nothing of requests, routes or sessions.
//
// Each page has its model and its helpers in the Go file beside its template. Parts that know nothing of the product
// are in package ui, sentences for codes in words.go, and addresses in urls.go.
package views

import (
	"slices"
	"time"

	"github.com/a-h/templ"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

const product = "rolecall"

// Frame is the model of the frame around a page.
type Frame struct {
	Title  string          // of the page; the document's title adds organization and product
	Nav    *org.Navigation // nil: signed out, the plain frame
	Active string          // the current item of the navigation, by navItem.active; "" for none
	Theme  string          // "light", "dark", or "" to follow the system
	Flash  *Flash
	API    *API    // how a program gets what the page shows; nil if it can't
	Crumbs []Crumb // from the first level down to the parent of this page
	Back   string  // path and query of this page, to which the theme form returns

	Now time.Time // by the clock of the reader

	Evidence org.Evidence // the state that the page shows
	Failed   bool         // it reports a failure, which is no evidence of anything

	OfSite      bool   // the page belongs to no organization, although the navigation still shows one
	NoShortcuts bool   // the person turned the single-key shortcuts off
	Script      string // a script that only this page needs
	Referrer    bool   // forms on the page send their origin, although the page was sent with no-referrer
	Passkeys    bool   // its script for passkeys is loaded
	Bare        bool   // nothing surrounds the page, which is for reading
}

// Crumb is a step on the way to a page.
type Crumb = ui.Crumb

// Flash is a message about what has just been done.
type Flash struct {
	Message string
	Detail  string // why it did not work
	Bad     bool   // it did not work
	Undo    string // id of the audit entry that can be undone from here
	Batch   bool   // with everything else that the request did
	Then    Then
	Back    string // path and query of the page that shows it, to which an undo without script returns
}

// Then is a link from a message to a possible next step. The zero value is none.
type Then struct{ Label, URL string }

// ThenUndo is the label of a link to a page that asks whether to undo what the message describes.
const ThenUndo = "Undo…"

// Page makes a whole document around body: with the navigation if Nav is set, otherwise in the plain frame.
func Page(f Frame, body templ.Component) templ.Component {
	if f.Bare {
		return ui.Document(f.head(), body)
	}
	if f.Nav == nil {
		return ui.Document(f.head(), ui.Plain(f.Flash.message(), body))
	}
	parts := []templ.Component{syncBanner(f), body, apiButton(f.API)}
	if !f.Failed {
		parts = slices.Insert(parts, 0, stamp(f))
	}
	framed := ui.InFrame(f.around(), templ.Join(parts...))
	return ui.Document(f.head(), templ.Join(framed, palette(f.Nav), keyMap(f.Nav), ui.Templates()))
}

// Toast makes a message a part of a fragment. In a fragment that is a table row it has to come after the row.
func Toast(f Flash) templ.Component { return ui.Toast(*f.message()) }

func (f Frame) head() ui.Head {
	h := ui.Head{Title: f.documentTitle(), Theme: f.Theme, NoHotkeys: f.NoShortcuts, Script: f.Script, Reading: f.Bare, Referrer: f.Referrer, Passkeys: f.Passkeys}
	if f.Nav != nil {
		h.Account = f.Nav.User.ID.String()
	}
	return h
}

func (f Frame) documentTitle() string {
	title := product
	if f.Nav != nil && f.Nav.Current != nil && !f.OfSite {
		title = f.Nav.Current.Label() + " · " + title
	}
	if f.Title != "" {
		title = f.Title + " · " + title
	}
	return title
}

func (f Frame) around() ui.Frame {
	return ui.Frame{
		Title: f.Title, Logo: placeLabel(f.Nav), Search: f.search(), Crumbs: f.Crumbs, Toast: f.Flash.message(), Side: side(f),
	}
}

// search returns where "Jump to" leads without script.
func (f Frame) search() string {
	if f.Nav.Current == nil {
		return SearchPath
	}
	return SearchURL("", f.Nav.Current.Name)
}

// otherTheme returns the theme that the switch selects without script. The preference of the system is not known here:
// dark is a guess.
func (f Frame) otherTheme() string {
	if f.Theme == "dark" {
		return "light"
	}
	return "dark"
}

func (f *Flash) message() *ui.Message {
	if f == nil {
		return nil
	}
	m := ui.Message{Text: f.Message, Detail: f.Detail, Bad: f.Bad, Back: f.Back, Then: f.Then.Label, ThenURL: f.Then.URL, Undoes: f.Then.Label == ThenUndo}
	if f.Undo != "" {
		m.Undo = UndoURL(f.Undo)
	}
	if m.Undo != "" && f.Batch {
		m.Undo = UndoBatchURL(f.Undo)
	}
	return &m
}

// formError turns an error of org into the error of a form.
func formError(err *org.Error) *ui.FormError {
	if err == nil {
		return nil
	}
	e := ui.FormError{Message: err.Message, Detail: err.Detail}
	for _, f := range err.Fields {
		e.Fields = append(e.Fields, ui.FieldError{Name: f.Field, Detail: f.Detail})
	}
	return &e
}
