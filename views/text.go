package views

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"
	"unicode"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// thousands writes n with separators, as in 1,284.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// countText is a number, or a dash if the caller may not know it.
func countText(n int) string {
	if n == org.Unknown {
		return "–"
	}
	return thousands(n)
}

// plural writes a number with its noun: "1 member", "1,284 members".
func plural(n int, word string) string { return thousands(n) + " " + noun(n, word) }

// noun is the word for n of something.
func noun(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// day is a date as it stands in a table, in UTC; app.js rewrites it for the zone of the reader.
func day(t time.Time) string { return t.UTC().Format("2 Jan 2006") }

// exact is a moment for a tooltip.
func exact(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04:05 UTC") }

// ago is how long ago t was, seen from now; older than ten days it is a date.
func ago(t, now time.Time) string {
	switch d := now.Sub(t); {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + " min ago"
	case d < 24*time.Hour:
		return strconv.Itoa(int(d.Hours())) + " h ago"
	case d < 48*time.Hour:
		return "yesterday"
	case d < 10*24*time.Hour:
		return strconv.Itoa(int(d.Hours()/24)) + " d ago"
	default:
		return day(t)
	}
}

// firstOf gives the first text that is not empty.
func firstOf(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}

// permissionText is a permission where its sign has to be told in words.
func permissionText(p rbac.Permission) string {
	text := pair{p.ResourceType, p.Action}.String()
	if p.Negate {
		return "deny " + text
	}
	return text
}

// account is the second line under a name: the username, unless it is the name, and the e-mail address, if known.
func account(name, username, email string) string {
	switch {
	case email == "" && name == username:
		return ""
	case email == "":
		return username
	case name == username:
		return email
	default:
		return username + " · " + email
	}
}

// initials are the letters in an avatar: of the first and the last word, or one character of a script without words.
func initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return "?"
	}
	first := []rune(words[0])[0]
	if len(words) == 1 || !unicode.In(first, unicode.Latin, unicode.Greek, unicode.Cyrillic) {
		return string(unicode.ToUpper(first))
	}
	last := []rune(words[len(words)-1])[0]
	return string(unicode.ToUpper(first)) + string(unicode.ToUpper(last))
}

// initial is the first letter of a name, for a logo.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "?"
}

// avatarClass picks one of the six colours, always the same for the same account.
func avatarClass(username string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(username)) // a hash takes everything
	return "av-" + strconv.Itoa(int(h.Sum32()%6))
}

// piece is a part of a text that matches what was searched for, or does not.
type piece struct {
	text string
	hit  bool
}

// pieces cuts text at the matches of query. It compares letter by letter, without case, so that marking never changes
// what is read.
func pieces(text, query string) []piece {
	t, q := []rune(text), []rune(strings.TrimSpace(query))
	if len(q) == 0 {
		return []piece{{text: text}}
	}
	var out []piece
	start := 0
	for i := 0; i+len(q) <= len(t); {
		if !strings.EqualFold(string(t[i:i+len(q)]), string(q)) {
			i++
			continue
		}
		if i > start {
			out = append(out, piece{text: string(t[start:i])})
		}
		out = append(out, piece{text: string(t[i : i+len(q)]), hit: true})
		i += len(q)
		start = i
	}
	if start < len(t) {
		out = append(out, piece{text: string(t[start:])})
	}
	return out
}

// tagClass is the colour of a role's dot.
func tagClass(name string, builtIn bool) string {
	switch {
	case !builtIn:
		return "tag custom"
	case name == "organization-admin" || name == "owner":
		return "tag admin"
	default:
		return "tag"
	}
}

// join puts names in a sentence: "a, b and c".
func join(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
