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

// maxSubject is how many characters of a subject are names that others chose.
const maxSubject = 80

// letter is what the mail of an invitation says. The reason is not in it: it is text of any kind, and the mail goes to
// whatever address the maker names.
type letter struct {
	Maker, Into, Email string
	Places             []letterPlace
	Link               string
	Works, Until       string // "" for no end
}

type letterPlace struct{ Name, Roles string }

// write is the mail of an invitation, with its link.
func write(ctx context.Context, i *org.Invitation, link string) (m org.Mail, err error) {
	l := letter{Maker: shown(i.Maker), Email: i.Email, Link: link, Works: moment(i.ExpiresAt)}
	if i.MakerID == uuid.Nil { // an account may have the name that the operator has
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

// text is the letter for programs that show no HTML. A template of the standard library calls methods by their names, for which
// the linker would keep every method in the program: a tenth of its size.
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

// moment is a time for people whose time zone is not known.
func moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// listed is names as a sentence has them.
func listed(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// cut is the beginning of a text that is too long. A mark stays with its letter.
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

// plain is a name without what would turn the text around it, or begin another line.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, s)
}

// shown is a name inside a sentence. One that is written from right to left is set apart, or the words after it would trade
// places with it.
func shown(s string) string {
	s = plain(s)
	if strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko)
	}) {
		return "\u2068" + s + "\u2069"
	}
	return s
}
