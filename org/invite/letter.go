package invite

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// maxSubject is how many characters of a subject names chosen by others may take.
const maxSubject = 80

// letter is what the mail of an invitation says. It leaves out the reason, which is free text, and the mail goes to
// whatever address the maker names.
type letter struct {
	Maker, Into, Email string
	Places             []letterPlace
	Link               string
	Works, Until       string // "" for no end
}

type letterPlace struct{ Name, Roles string }

// write returns the mail of an invitation, with its link.
func write(ctx context.Context, i *org.Invitation, link string) (m org.Mail, err error) {
	l := letter{Maker: shown(i.Maker), Email: i.Email, Link: link, Works: moment(i.ExpiresAt)}
	if i.MakerID == uuid.Nil { // an account may have the operator's name
		l.Maker = "The operator of this site"
	}
	if !i.Until.IsZero() {
		l.Until = moment(i.Until)
	}
	var names []string
	for _, into := range i.Into {
		place := letterPlace{Name: shown(into.Organization.Label())}
		var roles []string
		for _, r := range into.Roles {
			roles = append(roles, shown(r.Label()))
		}
		place.Roles = strings.Join(roles, ", ")
		l.Places, names = append(l.Places, place), append(names, into.Organization.Label())
	}
	l.Into = shown(listed(names))
	m.To, m.Subject = i.Email, "Invitation to "+shown(cut(plain(listed(names)), maxSubject))
	var html strings.Builder
	err = l.html().Render(ctx, &html) //nolint:contextcheck // the component has no context but the one that Render is given
	m.Text, m.HTML = l.text(), html.String()
	return m, err
}

// text returns the letter for programs that show no HTML. A template of the standard library calls methods by their names, for
// which the linker would keep every method in the program: a tenth of its size.
func (l *letter) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s invites you to %s on rolecall.\n\nYou would become:\n", l.Maker, l.Into)
	for _, p := range l.Places {
		b.WriteString("- a member of " + p.Name)
		if p.Roles != "" {
			b.WriteString(", with the roles: " + p.Roles)
		}
		b.WriteString("\n")
	}
	if l.Until != "" {
		b.WriteString("until " + l.Until + "\n")
	}
	fmt.Fprintf(&b, "\nSee the invitation and accept it here:\n\n%s\n\n", l.Link)
	fmt.Fprintf(&b, "The link works once, for %s, until %s. Opening it does not use it up. Do not pass it on.\n\n", l.Email, l.Works)
	b.WriteString("If you did not expect this, there is nothing to do: without you nothing happens.\n")
	return b.String()
}

// moment formats a time for people whose time zone is unknown.
func moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// listed joins names for a sentence.
func listed(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// cut truncates a text that is too long. A combining mark stays with its letter.
func cut(s string, most int) string {
	letters := []rune(s)
	if len(letters) <= most {
		return s
	}
	letters = letters[:most-1]
	for len(letters) > 0 && unicode.Is(unicode.M, letters[len(letters)-1]) {
		letters = letters[:len(letters)-1]
	}
	return strings.TrimSpace(string(letters)) + "…"
}

// plain removes from a name whatever could reverse the text around it or start a new line.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, s)
}

// shown returns a name for use inside a sentence. A name written from right to left is isolated, or the words after it would
// trade places with it.
func shown(s string) string {
	s = plain(s)
	if strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko)
	}) {
		return "\u2068" + s + "\u2069"
	}
	return s
}
